import type { OutboxStatus, StoredRow, StoredRowSummary } from '@backstitch/outbox';
import { epochMs } from './literal.js';

export const summaryColumns = `id, seq, status, topic, \`key\`, aggregate_type, aggregate_id, event_type, retry_count, max_retries,
       ${epochMs('created_at')} as created_ms, ${epochMs('sent_at')} as sent_ms, ${epochMs('deliver_after')} as deliver_ms,
       last_error, in_doubt, ${epochMs('claimed_until')} as claimed_ms`;

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
  readonly created_ms: number;
  readonly sent_ms: number | null;
  readonly deliver_ms: number | null;
  readonly last_error: string | null;
  readonly in_doubt: number;
  readonly claimed_ms: number | null;
}

export interface StoredRecord extends SummaryRecord {
  readonly payload: string;
  readonly headers: string;
  readonly ordered: number;
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
    createdAt: new Date(Number(record.created_ms)),
    sentAt: dateOf(record.sent_ms),
    deliverAfter: dateOf(record.deliver_ms),
    lastError: record.last_error,
    inDoubt: record.in_doubt !== 0,
    claimedUntil: dateOf(record.claimed_ms),
  };
}

export function storedRow(record: StoredRecord): StoredRow {
  const headers = JSON.parse(record.headers) as Record<string, string>;
  return { ...rowSummary(record), payload: record.payload, headers, ordered: record.ordered !== 0 };
}

function dateOf(ms: number | null): Date | null {
  return ms === null ? null : new Date(Number(ms));
}
