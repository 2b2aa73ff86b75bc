/** A message that waits in the outbox, or has been sent from it. */
export interface OutboxRow {
  /** UUID. One row an id, for ever: inserting the same id again revives the row. */
  readonly id: string;
  readonly topic: string;
  /** Decides the partition. (topic, key) is the lane, the unit of order. */
  readonly key: string;
  /** JSON text, sent as it stands. */
  readonly payload: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly aggregateType: string;
  readonly aggregateId: string;
  readonly eventType: string;
  /** Whether the row keeps its place in its lane. An unordered row neither waits for its lane nor holds it up. */
  readonly ordered: boolean;
}

export interface NewOutboxRow extends OutboxRow {
  /** Further sends after a first refusal by the broker. Default 3. */
  readonly maxRetries?: number;
  /** Not claimed before. Only for an unordered row: in a lane it would hold up, or be overtaken by, what is behind it. */
  readonly deliverAfter?: DeliverAfter;
}

/** An instant, or a delay counted from the insert. Either way the database's clock decides: late where it must be, never early. */
export type DeliverAfter = Date | { readonly ms: number };

/** A row under a lease: its holder may send it and settle it until the lease ends. */
export interface ClaimedRow extends OutboxRow {
  /** The place in the table's order. */
  readonly seq: number;
  /** Rises with every claim. A settlement that names another epoch is ignored. */
  readonly epoch: number;
  /**
   * When the lease ends on this process's monotonic clock, counted from *before* the statement that took it: never later than the
   * database's own end. After it the row must not be sent from memory.
   */
  readonly leaseEndsAtMs: number;
  /**
   * The id of the nearest earlier row of the lane that was unsent when this one was inserted. A process that does not hold that row
   * must leave this one to `claim`. Always `null` from `claim`, which gives no row whose lane is held up.
   */
  readonly behind: string | null;
}
