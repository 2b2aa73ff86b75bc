import type { WaitingTopic } from './topic-queues.js';

export interface BatchRules {
  readonly batchSize: number;
  /** How long a batch that is not full waits for more rows. */
  readonly maxBatchAgeMs: number;
  readonly isInFlight: (topic: string) => boolean;
  /** Rows of the topic that may go now, and how long until one may. */
  readonly allowance: (topic: string) => number;
  readonly waitMs: (topic: string) => number;
}

export type NextBatch =
  | { readonly kind: 'send'; readonly topic: string; readonly maxRows: number }
  /** Nothing may go before so many milliseconds, or before something happens where undefined. */
  | { readonly kind: 'wait'; readonly ms: number | undefined };

/** Chooses the topic to send from next: the first, in the order given, whose batch is full or old enough and whose rate allows it. */
export function nextBatch(topics: readonly WaitingTopic[], nowMs: number, rules: BatchRules): NextBatch {
  let soonestMs = Number.POSITIVE_INFINITY;
  for (const { topic, waiting, sinceMs } of topics) {
    if (rules.isInFlight(topic)) continue;
    const youngMs = waiting >= rules.batchSize ? 0 : Math.max(0, sinceMs + rules.maxBatchAgeMs - nowMs);
    const rows = rules.allowance(topic);
    if (youngMs === 0 && rows >= 1) return { kind: 'send', topic, maxRows: Math.min(rules.batchSize, rows) };
    soonestMs = Math.min(soonestMs, Math.max(youngMs, rows >= 1 ? 0 : rules.waitMs(topic)));
  }
  return { kind: 'wait', ms: Number.isFinite(soonestMs) ? Math.max(1, soonestMs) : undefined };
}
