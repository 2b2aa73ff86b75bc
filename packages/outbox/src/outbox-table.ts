import type { StoredRowSummary } from './outbox-operations.js';
import type { ClaimedRow, NewOutboxRow } from './outbox-row.js';

/** The unit of order. */
export interface Lane {
  readonly topic: string;
  readonly key: string;
}

/**
 * The outbox inside somebody else's transaction. `Tx` is that transaction's statement face: `Sql` for Postgres. Every function takes part
 * in the transaction: what it did is gone if that rolls back.
 */
export interface OutboxTable<Tx> {
  /**
   * One statement for all rows; their place in the table's order is the order given. A row whose id exists already is revived: PENDING
   * again with the new content, retries forgotten, at a new place in the order, under a new epoch.
   *
   * With `bornLeaseMs` the rows are born under a lease of the caller and come back as claimed rows, to be given to `relay.publish` after
   * this library itself saw the commit succeed. Rows inserted behind a savepoint that was rolled back are gone and must not be given to it:
   * ask `unsent` before the commit where that may have happened. Without a lease the rows wait for the poller and the answer is empty.
   */
  insert(tx: Tx, rows: readonly NewOutboxRow[], options?: InsertOptions): Promise<readonly ClaimedRow[]>;
  /**
   * Deletes those of the rows that certainly were not sent, and answers their ids. A row under a lease may be on its way; one whose lease ran
   * out without an answer, or whose send met broker trouble, may have been written: both stay.
   */
  withdraw(tx: Tx, ids: readonly string[]): Promise<readonly string[]>;
  /** Answers which of the rows are still PENDING or RETRY. */
  unsent(tx: Tx, ids: readonly string[]): Promise<readonly string[]>;
  /** Those of the rows that exist, of any status, without payloads, in the table's order. Locks nothing. */
  find(tx: Tx, ids: readonly string[]): Promise<readonly StoredRowSummary[]>;
  /**
   * Marks unsent rows SENT, whoever holds them, the FAILED ones too: for a caller with proof of delivery, such as a reply. Answers the ids
   * marked. A row that is being settled at this moment may be passed over.
   */
  markDelivered(tx: Tx, ids: readonly string[]): Promise<readonly string[]>;
  /**
   * Rows that FAILED give up their place in their lane: what stands behind them is sent. For a caller that has taken note of the refusal and
   * knows what to do instead. Inserted once more, such a row has a place again.
   */
  leaveLane(tx: Tx, ids: readonly string[]): Promise<void>;
  /**
   * Makes transactions that publish to one lane wait for each other until they end, so that the lane's order is that of their commits. Called
   * before the rows are inserted: the place in the order must be drawn behind the lock.
   */
  lockLanes(tx: Tx, lanes: readonly Lane[]): Promise<void>;
}

export interface InsertOptions {
  readonly bornLeaseMs?: number;
}
