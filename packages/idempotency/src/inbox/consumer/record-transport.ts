/**
 * The part of a message transport that the inbox needs, by structure: the `Transport` of `@backstitch/messaging` (and so `@backstitch/kafka`) fits as it
 * is. This package does not import that one, because keys and inbox serve people who have neither sagas nor an outbox.
 */
export interface RecordTransport {
  subscribe(options: {
    readonly group: string;
    readonly topics: readonly string[];
    readonly handle: (batch: ConsumedBatch, context: ConsumedBatchContext) => Promise<void>;
    readonly maxBatchRecords?: number;
  }): Promise<RecordSubscription>;
}

export interface RecordSubscription {
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
  readonly stopped: Promise<void>;
}

export interface ConsumedRecord {
  readonly topic: string;
  readonly partition: number;
  /** A decimal number. */
  readonly offset: string;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestampMs: number;
  /** Why the transport could not read it whole. */
  readonly poison?: string;
}

/** Records of one partition, in the order of their offsets. */
export interface ConsumedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly ConsumedRecord[];
}

export interface ConsumedBatchContext {
  readonly signal: AbortSignal;
  heartbeat(): Promise<void>;
}
