import type { ClaimedRow } from './outbox-row.js';

/** What the relay needs of a database. Postgres and memory pass one suite, `outboxStoreConformance` of `./testing`. */
export interface OutboxStore {
  /**
   * Leases unsent rows in the table's order. An ordered row is given only where no earlier row of its lane is under a valid lease, waits
   * for its retry, or has FAILED; so what comes back holds a gapless prefix of every lane in it. May give nothing while another process claims.
   */
  claim(options: ClaimOptions): Promise<readonly ClaimedRow[]>;
  /**
   * Records what became of claimed rows. A row whose epoch moved on or whose lease has ended by the database's clock is not touched and
   * answered `lost`. One answer a settlement, in the order given.
   */
  settle(settlements: readonly Settlement[]): Promise<readonly SettledRow[]>;
  counts(): Promise<OutboxCounts>;
  /** Deletes rows that were sent longer ago than `olderThanMs`, at most `limit`. Answers how many. */
  prune(options: PruneOptions): Promise<number>;
}

export interface ClaimOptions {
  readonly limit: number;
  readonly leaseMs: number;
  /** Only these rows, under the same rules. */
  readonly ids?: readonly string[];
  /** How many rows of these topics, at most; 0 for none. Not together with `ids`. */
  readonly rooms?: Readonly<Record<string, number>>;
  /** How many rows the caller holds already: probably the first of the table, which is worth knowing to who looks for the next. */
  readonly heldRows?: number;
}

export interface PruneOptions {
  readonly olderThanMs: number;
  readonly limit: number;
}

export interface Settlement {
  readonly id: string;
  readonly epoch: number;
  readonly outcome: SendOutcome;
}

export type SendOutcome =
  | { readonly kind: 'sent' }
  /** The broker answered about this very record: a retry is spent. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** Certainly not written: given back, nothing is counted. */
  | { readonly kind: 'released' }
  /** Broker trouble: it may or may not be written. Given back, nothing is counted, but the row is in doubt from now on. */
  | { readonly kind: 'unknown' };

export type SettledRow =
  | { readonly id: string; readonly kind: 'sent' }
  | { readonly id: string; readonly kind: 'retry'; readonly retryCount: number }
  | { readonly id: string; readonly kind: 'failed'; readonly retryCount: number }
  | { readonly id: string; readonly kind: 'released' }
  | { readonly id: string; readonly kind: 'unknown' }
  /** The lease had ended or the row is gone: whoever holds it now decides. */
  | { readonly id: string; readonly kind: 'lost' };

export interface OutboxCounts {
  readonly pending: number;
  readonly retry: number;
  readonly failed: number;
  /** Set aside by an operator. */
  readonly parked: number;
  /** Of `pending`, those whose `deliverAfter` has not come. */
  readonly delayed: number;
  /** Age of the oldest row that is PENDING or RETRY and not delayed; `null` where there is none. */
  readonly oldestAgeMs: number | null;
  /** Lanes that stand still behind a row that has FAILED or waits for its retry. */
  readonly blockedLanes: number;
}

/** A row that was refused for the last time. */
export interface FailedRow {
  readonly id: string;
  readonly topic: string;
  readonly key: string;
  readonly aggregateType: string;
  readonly aggregateId: string;
  readonly eventType: string;
  readonly retryCount: number;
  /** An earlier send ended without an answer: although the broker refused the last one, the record may have been written. */
  readonly inDoubt: boolean;
  /** What the broker said, at most 2,000 characters: `RECORD_TOO_LARGE: …`. */
  readonly lastError: string;
}
