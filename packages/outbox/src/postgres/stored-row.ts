import type { OutboxStatus, StoredRow, StoredRowSummary } from '../outbox-operations.js';

export const summaryColumns = `id, seq::float8 as seq, status, topic, key, aggregate_type, aggregate_id, event_type, retry_count, max_retries,
       created_at, sent_at, deliver_after, last_error, in_doubt, claimed_until`;

export interface SummaryRecord {
  readonly id: string;
  readonly seq: number;
  readonly status: OutboxStatus;
  readonly topic: string;
  readonly key: string;
  readonly aggregate_type: string;
  readonly aggregate_id: string;
  readonly event_type: string;
  readonly retry_count: number;
  readonly max_retries: number;
  readonly created_at: Date;
  readonly sent_at: Date | null;
  readonly deliver_after: Date | null;
  readonly last_error: string | null;
  readonly in_doubt: boolean;
  readonly claimed_until: Date | null;
}

export interface StoredRecord extends SummaryRecord {
  readonly payload: string;
  readonly headers: string;
  readonly ordered: boolean;
}

export function rowSummary(record: SummaryRecord): StoredRowSummary {
  return {
    id: record.id,
    seq: Number(record.seq),
    status: record.status,
    topic: record.topic,
    key: record.key,
    aggregateType: record.aggregate_type,
    aggregateId: record.aggregate_id,
    eventType: record.event_type,
    retryCount: record.retry_count,
    maxRetries: record.max_retries,
    createdAt: record.created_at,
    sentAt: record.sent_at,
    deliverAfter: record.deliver_after,
    lastError: record.last_error,
    inDoubt: record.in_doubt,
    claimedUntil: record.claimed_until,
  };
}

export function storedRow(record: StoredRecord): StoredRow {
  const headers = JSON.parse(record.headers) as Record<string, string>;
  return { ...rowSummary(record), payload: record.payload, headers, ordered: record.ordered };
}
