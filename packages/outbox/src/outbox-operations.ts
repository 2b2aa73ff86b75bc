import type { AuditEntry, AuditNote, AuditOptions } from './outbox-audit.js';
import type { OutboxRow } from './outbox-row.js';
import type { PruneOptions } from './outbox-store.js';

/**
 * What an operator may see and do. Every verb that changes rows says who and why, and is recorded in `outbox_audit` together with the change, or
 * neither is. A note without actor or reason is refused with OPTIONS_INVALID.
 */
export interface OutboxOperations {
  /** Rows in the table's order, without payloads: the FAILED ones, unless another status is asked for. */
  list(options: ListOptions): Promise<readonly StoredRowSummary[]>;
  /** One row of any status with its payload, or null. */
  show(id: string): Promise<StoredRow | null>;
  /** Lanes that stand still behind a row that has FAILED or waits for its retry, with what waits in them; longest wait first. */
  blockedLanes(options: { readonly limit: number }): Promise<readonly BlockedLane[]>;
  /** FAILED to PENDING with all retries again, at the old place: its lane goes on behind it. Answers the ids changed. */
  requeue(ids: readonly string[], note: AuditNote): Promise<readonly string[]>;
  /** Sets unsent rows aside: they are not sent, and their lanes go on without them. Rows under a lease stay. Answers the ids changed. */
  park(ids: readonly string[], note: AuditNote): Promise<readonly string[]>;
  /** PARKED to PENDING with all retries again, at the old place, before all that still waits in the lane. Answers the ids changed. */
  unpark(ids: readonly string[], note: AuditNote): Promise<readonly string[]>;
  /** Deletes FAILED and PARKED rows: the messages are never sent, and their lanes go on without them. Answers the ids deleted. */
  drop(ids: readonly string[], note: AuditNote): Promise<readonly string[]>;
  /** Deletes rows that were sent longer ago than `olderThanMs`, at most `limit`; never an unsent one. Answers how many. */
  prune(options: PruneOptions, note: AuditNote): Promise<number>;
  /** What was done by hand, the newest first. */
  audit(options: AuditOptions): Promise<readonly AuditEntry[]>;
}

export interface ListOptions {
  readonly limit: number;
  /** Default FAILED. */
  readonly status?: Exclude<OutboxStatus, 'SENT'>;
  /** `seq` of the last row of the page before. */
  readonly afterSeq?: number;
  readonly topic?: string;
}

export interface BlockedLane {
  readonly topic: string;
  readonly key: string;
  /** The row at its head: requeue, park or drop this one. */
  readonly rowId: string;
  readonly status: 'FAILED' | 'RETRY';
  readonly lastError: string | null;
  /** When the head was published. */
  readonly since: Date;
  /** Rows behind the head. */
  readonly waiting: number;
}

export type OutboxStatus = 'PENDING' | 'SENT' | 'FAILED' | 'RETRY' | 'PARKED';

export interface StoredRowSummary {
  readonly id: string;
  readonly seq: number;
  readonly status: OutboxStatus;
  readonly topic: string;
  readonly key: string;
  readonly aggregateType: string;
  readonly aggregateId: string;
  readonly eventType: string;
  readonly retryCount: number;
  readonly maxRetries: number;
  readonly createdAt: Date;
  readonly sentAt: Date | null;
  /** Not claimed before; null once that time has come. */
  readonly deliverAfter: Date | null;
  /** The broker's last answer about this record. */
  readonly lastError: string | null;
  /** A send ended without an answer: the record may have been written. */
  readonly inDoubt: boolean;
  /** Somebody took it to send it, under a lease that ends or ended then. */
  readonly claimedUntil: Date | null;
}

export interface StoredRow extends StoredRowSummary, Pick<OutboxRow, 'payload' | 'headers' | 'ordered'> {}
