import type { OutboxRow } from './outbox-row.js';

/** What an operator may do about rows that the broker refused for the last time. */
export interface OutboxOperations {
  /** FAILED rows in the table's order, without payloads. `afterSeq` is the last one of the page before. */
  listFailed(options: ListFailedOptions): Promise<readonly StoredRowSummary[]>;
  /** One row of any status with its payload, or null. */
  show(id: string): Promise<StoredRow | null>;
  /** FAILED to PENDING with all retries again, at the old place: its lane goes on behind it. Answers the ids changed. */
  requeue(ids: readonly string[]): Promise<readonly string[]>;
  /** Deletes FAILED rows: the messages are never sent, and their lanes go on without them. Answers the ids deleted. */
  drop(ids: readonly string[]): Promise<readonly string[]>;
}

export interface ListFailedOptions {
  readonly limit: number;
  readonly afterSeq?: number;
  readonly topic?: string;
}

export type OutboxStatus = 'PENDING' | 'SENT' | 'FAILED' | 'RETRY';

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
  /** The broker's last answer about this record. */
  readonly lastError: string | null;
  /** A send ended without an answer: the record may have been written. */
  readonly inDoubt: boolean;
}

export interface StoredRow extends StoredRowSummary, Pick<OutboxRow, 'payload' | 'headers' | 'ordered'> {}
