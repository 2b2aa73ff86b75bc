/** When a partition whose handler rejected is handed over again. */
export interface RedeliveryDelays {
  /** Notes one more rejection; answers the pause in milliseconds. */
  rejected(topic: string, partition: number): number;
  resolved(topic: string, partition: number): void;
  /** Milliseconds until the partition may be handed over again; 0 where it may be now. */
  remainingMs(topic: string, partition: number): number;
}

export interface RedeliveryDelayOptions {
  readonly firstMs: number;
  readonly mostMs: number;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

/** Doubles the pause with each rejection in a row, up to `mostMs`. */
export function createRedeliveryDelays(options: RedeliveryDelayOptions): RedeliveryDelays {
  const now = options.now ?? (() => performance.now());
  const delays = new Map<string, { readonly rejections: number; readonly until: number }>();
  const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`;

  return {
    rejected(topic, partition) {
      const key = keyOf(topic, partition);
      const rejections = (delays.get(key)?.rejections ?? 0) + 1;
      const delayMs = Math.min(options.mostMs, options.firstMs * 2 ** Math.min(rejections - 1, 30));
      delays.set(key, { rejections, until: now() + delayMs });
      return delayMs;
    },
    resolved(topic, partition) {
      delays.delete(keyOf(topic, partition));
    },
    remainingMs(topic, partition) {
      const until = delays.get(keyOf(topic, partition))?.until;
      return until === undefined ? 0 : Math.max(0, until - now());
    },
  };
}
