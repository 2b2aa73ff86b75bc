import type { OutboxStatus, StoredRowSummary } from '../outbox-operations.js';
import type { ClaimedRow, OutboxRow } from '../outbox-row.js';

/** A row of the table in memory. Times are milliseconds of the injected clock. */
export interface MemoryOutboxRow extends OutboxRow {
  readonly maxRetries: number;
  readonly seq: number;
  readonly status: OutboxStatus;
  readonly retryCount: number;
  readonly nextRetryAtMs: number | null;
  readonly createdAtMs: number;
  readonly sentAtMs: number | null;
  readonly claimedUntilMs: number | null;
  readonly claimEpoch: number;
  readonly inDoubt: boolean;
  readonly deliverAfterMs: number | null;
  readonly lastError: string | null;
}

export const memoryOutboxTableName = 'outbox_events';

export function isUnsent(row: MemoryOutboxRow): boolean {
  return row.status === 'PENDING' || row.status === 'RETRY';
}

export function isHeld(row: MemoryOutboxRow, nowMs: number): boolean {
  return row.claimedUntilMs !== null && row.claimedUntilMs > nowMs;
}

export function isDelayed(row: MemoryOutboxRow, nowMs: number): boolean {
  return row.deliverAfterMs !== null && row.deliverAfterMs > nowMs;
}

export function isWaiting(row: MemoryOutboxRow, nowMs: number): boolean {
  return (row.nextRetryAtMs !== null && row.nextRetryAtMs > nowMs) || isDelayed(row, nowMs);
}

/** Whether its lane stands still because of it. */
export function isStuck(row: MemoryOutboxRow, nowMs: number): boolean {
  return row.status === 'FAILED' || (row.status === 'RETRY' && isWaiting(row, nowMs));
}

export function laneOf(row: OutboxRow): string {
  return JSON.stringify([row.topic, row.key]);
}

export function asClaimed(
  row: MemoryOutboxRow,
  lease: { readonly leaseEndsAtMs: number; readonly behind: string | null },
): ClaimedRow {
  const { id, topic, key, payload, headers, aggregateType, aggregateId, eventType, ordered, seq, claimEpoch } = row;
  return {
    id,
    topic,
    key,
    payload,
    headers,
    aggregateType,
    aggregateId,
    eventType,
    ordered,
    seq,
    epoch: claimEpoch,
    ...lease,
  };
}

export function rowSummary(row: MemoryOutboxRow): StoredRowSummary {
  const { id, seq, status, topic, key, aggregateType, aggregateId, eventType } = row;
  const { retryCount, maxRetries, lastError, inDoubt } = row;
  return {
    ...{ id, seq, status, topic, key, aggregateType, aggregateId, eventType },
    ...{ retryCount, maxRetries, lastError, inDoubt },
    claimedUntil: row.claimedUntilMs === null ? null : new Date(row.claimedUntilMs),
    createdAt: new Date(row.createdAtMs),
    sentAt: row.sentAtMs === null ? null : new Date(row.sentAtMs),
    deliverAfter: row.deliverAfterMs === null ? null : new Date(row.deliverAfterMs),
  };
}
