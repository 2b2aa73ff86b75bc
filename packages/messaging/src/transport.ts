/**
 * The port between Backstitch and a message broker. `InMemoryBroker` (`./testing`), `@backstitch/kafka` and
 * `@backstitch/kafka-platformatic` implement it; all pass the one suite in `./testing`.
 */

/** A record to be written. `key` decides the partition: records of one (topic, key) share a lane, the unit of order. */
export interface OutboundRecord {
  readonly topic: string;
  readonly key: string;
  readonly value: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A record as read. Header names are held on a null prototype; a name that came twice keeps its first value. */
export interface InboundRecord {
  readonly topic: string;
  readonly partition: number;
  /** Decimal string: offsets exceed 2^53 in theory and are opaque in practice. */
  readonly offset: string;
  readonly key: string | null;
  /** `null` is a tombstone of a compacted topic. Bytes are decoded as UTF-8; ill-formed bytes arrive as U+FFFD. */
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestampMs: number;
  /** Set where the transport had to cut the record short (too many headers, too large a value): quarantine it. */
  readonly poison?: string;
}

/** What became of one record of a `send`. */
export type SendResult =
  | { readonly kind: 'sent' }
  /** The broker answered about this very record, and the same record will be refused again: too large, unknown topic, not authorised. */
  | { readonly kind: 'refused'; readonly code: SendRefusal; readonly message: string }
  /** Not written, because an earlier record of the same lane in this call was refused. */
  | { readonly kind: 'held' };

export type SendRefusal = 'RECORD_TOO_LARGE' | 'UNKNOWN_TOPIC' | 'NOT_AUTHORIZED' | 'INVALID_RECORD';

/** Records of one partition, in offset order. */
export interface RecordBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly InboundRecord[];
}

export interface BatchContext {
  /** Aborted when the partition is taken away or the subscription closes: finish or leave, but do not begin anew. */
  readonly signal: AbortSignal;
  /** Tells the broker that the consumer lives. A handler of over a second calls it between records. */
  heartbeat(): Promise<void>;
}

/**
 * Resolves when every record's outcome is durable: only then may the broker's offset pass the batch.
 * A rejection means that the batch was not handled: it is delivered again from its first record, after a backoff, for ever.
 */
export type BatchHandler = (batch: RecordBatch, context: BatchContext) => Promise<void>;

export interface SubscribeOptions {
  readonly group: string;
  readonly topics: readonly string[];
  readonly handle: BatchHandler;
  /** Most records handed over in one batch. Default 500. */
  readonly maxBatchRecords?: number;
}

export interface Subscription {
  /** Stops taking batches, waits for running handlers, commits what is done, leaves the group. After `timeoutMs` it leaves anyway. */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
  /** Rejects when the consumer died for good and needs a new process; never resolves before `close`. */
  readonly stopped: Promise<void>;
}

export interface TopicSpec {
  readonly topic: string;
  /** Default 3. An existing topic keeps its count: changing it would move keys between partitions. */
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly config?: Readonly<Record<string, string>>;
}

/**
 * Promises, each a case of the conformance suite:
 * - **Order.** Records of one lane, sent by awaited calls or in one call, are handed over in that order at first delivery.
 * - **At least once.** A record whose `send` resolved `sent` is handed to each group until a handler resolves for it. What may
 *   repeat: any record at and after the last committed offset, in order, after a crash, a rebalance or a rejected handler.
 * - **One at a time.** Within a group, batches of one partition never overlap; batches of different partitions may.
 * - **Broker trouble is not the record's fault.** `send` rejects with `TransportUnavailableError` where the broker or the network
 *   failed; then the fate of each record is unknown and sending again may duplicate it.
 * - **No topic is created by use.** Only `ensureTopics` creates.
 */
export interface Transport {
  /** Answers one result a record, in the order given. */
  send(records: readonly OutboundRecord[]): Promise<readonly SendResult[]>;
  /** Resolves when the member has its partitions and is reading. A new group begins at the first record. */
  subscribe(options: SubscribeOptions): Promise<Subscription>;
  /** Creates what is missing, idempotently and safely under concurrent callers. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
  close(): Promise<void>;
}
