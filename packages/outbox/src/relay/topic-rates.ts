/**
 * How fast rows of some topics may be sent: a token bucket for each (Turner, New Directions in Communications, 1986). It begins full and
 * holds a quarter of a second's rows, at least one.
 */
export interface TopicRates {
  /** Rows of the topic that may be sent now. Infinity for a topic without a rate. */
  allowance(topic: string, nowMs: number): number;
  /** Milliseconds until the next row may be sent; 0 where it may now. */
  waitMs(topic: string, nowMs: number): number;
  spend(topic: string, rows: number): void;
  /** Rows of the topic that may wait in memory: a second's. More would sit there until their leases end. */
  roomFor(topic: string): number;
  /** The topics that have a rate. */
  readonly topics: readonly string[];
}

interface Bucket {
  readonly rowsPerSecond: number;
  readonly capacity: number;
  tokens: number;
  filledAtMs: number | undefined;
}

export function createTopicRates(rowsPerSecond: Readonly<Record<string, number>>): TopicRates {
  const buckets = new Map<string, Bucket>();
  for (const [topic, rate] of Object.entries(rowsPerSecond)) {
    const capacity = Math.max(1, rate / 4);
    buckets.set(topic, { rowsPerSecond: rate, capacity, tokens: capacity, filledAtMs: undefined });
  }
  const fill = (bucket: Bucket, nowMs: number): void => {
    const passedMs = Math.max(0, nowMs - (bucket.filledAtMs ?? nowMs));
    bucket.tokens = Math.min(bucket.capacity, bucket.tokens + (passedMs * bucket.rowsPerSecond) / 1_000);
    bucket.filledAtMs = nowMs;
  };
  return {
    topics: [...buckets.keys()],
    allowance(topic, nowMs) {
      const bucket = buckets.get(topic);
      if (bucket === undefined) return Number.POSITIVE_INFINITY;
      fill(bucket, nowMs);
      // Tokens are sums of fractions: a millionth short of one is one.
      return Math.floor(bucket.tokens + 1e-6);
    },
    waitMs(topic, nowMs) {
      const bucket = buckets.get(topic);
      if (bucket === undefined || this.allowance(topic, nowMs) >= 1) return 0;
      return Math.ceil(((1 - bucket.tokens) * 1_000) / bucket.rowsPerSecond - 1e-6);
    },
    spend(topic, rows) {
      const bucket = buckets.get(topic);
      if (bucket !== undefined) bucket.tokens -= rows;
    },
    roomFor(topic) {
      const bucket = buckets.get(topic);
      return bucket === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Math.ceil(bucket.rowsPerSecond));
    },
  };
}
