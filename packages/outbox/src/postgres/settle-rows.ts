import { delimitedColumns, type Sql } from '@backstitch/postgres';
import type { DeadLetterSource } from '../dead-letter-row.js';
import type { SendOutcome, SettledRow, Settlement } from '../outbox-store.js';

export interface SettleOptions {
  readonly table: string;
  readonly retryBaseMs: number;
  readonly retryLongestMs: number;
}

interface Touched {
  readonly id: string;
  readonly kind: SendOutcome['kind'];
  readonly status: 'PENDING' | 'SENT' | 'RETRY' | 'FAILED';
  readonly retry_count: number;
  readonly topic: string;
  readonly key: string;
  readonly aggregate_type: string;
  readonly aggregate_id: string;
  readonly event_type: string;
  readonly in_doubt: boolean;
  readonly last_error: string | null;
  /** Of FAILED rows only. */
  readonly payload: string | null;
  readonly headers: string | null;
}

const maxErrorLength = 2_000;

// Only unsent rows have `claimed_until` (a CHECK); to ask for the status too would let the planner read all unsent rows by its index.
// The nth retry is due base × 2^(n-1) after the refusal before it; the exponent is capped before it is raised, or it overflows.
const settleSql = (table: string): string => `
with given as (
  select id::uuid, epoch::integer, kind, coalesce(error, '') as error
    from unnest(string_to_array($2, $1), string_to_array($3, $1), string_to_array($4, $1), string_to_array($5, $1)) as g (id, epoch, kind, error)
)
update ${table} e set
  status = case when g.kind = 'sent' then 'SENT'
                when g.kind = 'refused' then case when e.retry_count >= e.max_retries then 'FAILED' else 'RETRY' end
                else e.status end,
  sent_at = case when g.kind = 'sent' then clock_timestamp() end,
  retry_count = case when g.kind = 'refused' and e.retry_count < e.max_retries then e.retry_count + 1 else e.retry_count end,
  next_retry_at = case when g.kind in ('released', 'unknown') then e.next_retry_at
                       when g.kind = 'refused' and e.retry_count < e.max_retries then
                         clock_timestamp() + least($6::float8 * 2 ^ least(e.retry_count, 40), $7::float8) * interval '1 millisecond' end,
  last_error = case when g.kind in ('refused', 'unknown') and g.error <> '' then g.error else e.last_error end,
  in_doubt = e.in_doubt or g.kind = 'unknown',
  claimed_until = null
from given g
where e.id = g.id and e.claim_epoch = g.epoch and e.claimed_until > clock_timestamp()
returning e.id, g.kind, e.status, e.retry_count, e.topic, e.key, e.aggregate_type, e.aggregate_id, e.event_type, e.in_doubt, e.last_error,
  case when e.status = 'FAILED' then e.payload end as payload, case when e.status = 'FAILED' then e.headers end as headers`;

export interface SettleResult {
  /** One a settlement, in the order given. */
  readonly settled: readonly SettledRow[];
  /** With their payloads, for the dead letters. */
  readonly failed: readonly DeadLetterSource[];
}

/** Records outcomes in one statement. Rows whose lease or epoch is over are left alone. */
export async function settleRows(
  sql: Sql,
  settlements: readonly Settlement[],
  options: SettleOptions,
): Promise<SettleResult> {
  if (settlements.length === 0) return { settled: [], failed: [] };
  const { separator, columns } = delimitedColumns([
    settlements.map(({ id }) => id),
    settlements.map(({ epoch }) => String(epoch)),
    settlements.map(({ outcome }) => outcome.kind),
    settlements.map(({ outcome }) => errorText(outcome)),
  ]);
  const { rows } = await sql.query<Touched>(settleSql(options.table), [
    separator,
    ...columns,
    options.retryBaseMs,
    options.retryLongestMs,
  ]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return {
    settled: settlements.map(({ id }) => settledRow(id, byId.get(id))),
    failed: rows.filter((row) => row.status === 'FAILED').map(failedRow),
  };
}

function errorText(outcome: SendOutcome): string {
  // Postgres holds no NUL in text, and a broker's message is not ours to trust.
  return outcome.kind === 'refused'
    ? `${outcome.code}: ${outcome.message}`.replaceAll('\0', '').slice(0, maxErrorLength)
    : '';
}

function settledRow(id: string, row: Touched | undefined): SettledRow {
  if (row === undefined) return { id, kind: 'lost' };
  switch (row.kind) {
    case 'sent':
    case 'released':
    case 'unknown':
      return { id, kind: row.kind };
    case 'refused':
      return { id, kind: row.status === 'FAILED' ? 'failed' : 'retry', retryCount: row.retry_count };
  }
}

function failedRow(row: Touched): DeadLetterSource {
  return {
    id: row.id,
    topic: row.topic,
    key: row.key,
    aggregateType: row.aggregate_type,
    aggregateId: row.aggregate_id,
    eventType: row.event_type,
    retryCount: row.retry_count,
    inDoubt: row.in_doubt,
    lastError: row.last_error ?? '',
    payload: row.payload ?? '',
    headers: JSON.parse(row.headers ?? '{}') as Record<string, string>,
  };
}
