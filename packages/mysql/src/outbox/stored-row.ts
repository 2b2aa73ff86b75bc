import type { StoredRow, StoredRowSummary } from '@backstitch/outbox';
import {
  type SummaryRecord as PortRecord,
  rowSummary as portSummary,
  storedRow as portRow,
} from '@backstitch/outbox/port';
import { epochMs } from './literal.js';

export const summaryColumns = `id, seq, status, topic, \`key\`, aggregate_type, aggregate_id, event_type, retry_count, max_retries,
       ${epochMs('created_at')} as created_ms, ${epochMs('sent_at')} as sent_ms, ${epochMs('deliver_after')} as deliver_ms,
       last_error, in_doubt, ${epochMs('claimed_until')} as claimed_ms`;

/** As the outbox has it, but with times as numbers and truth as 0 and 1, which no driver's option can change. */
export interface SummaryRecord
  extends Omit<PortRecord, 'created_at' | 'sent_at' | 'deliver_after' | 'claimed_until' | 'in_doubt'> {
  readonly created_ms: number;
  readonly sent_ms: number | null;
  readonly deliver_ms: number | null;
  readonly in_doubt: number;
  readonly claimed_ms: number | null;
}

export interface StoredRecord extends SummaryRecord {
  readonly payload: string;
  readonly headers: string;
  readonly ordered: number;
}

export function rowSummary(record: SummaryRecord): StoredRowSummary {
  return portSummary(portRecord(record));
}

export function storedRow(record: StoredRecord): StoredRow {
  const { payload, headers, ordered } = record;
  return portRow({ ...portRecord(record), payload, headers, ordered: ordered !== 0 });
}

function portRecord({ created_ms, sent_ms, deliver_ms, claimed_ms, in_doubt, ...same }: SummaryRecord): PortRecord {
  return {
    ...same,
    created_at: new Date(Number(created_ms)),
    sent_at: dateOf(sent_ms),
    deliver_after: dateOf(deliver_ms),
    in_doubt: in_doubt !== 0,
    claimed_until: dateOf(claimed_ms),
  };
}

function dateOf(ms: number | null): Date | null {
  return ms === null ? null : new Date(Number(ms));
}
