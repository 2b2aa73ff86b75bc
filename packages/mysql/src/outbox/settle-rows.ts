import type { FailedRow, SendOutcome, SettledRow, Settlement } from '@backstitch/outbox';
import type { DeadLetterSource } from '@backstitch/outbox/port';
import type { MysqlSql } from '../mysql-database.js';
import { idList, microseconds, numberList, wholeNumber } from './literal.js';

export interface SettleOptions {
  readonly table: string;
  readonly retryBaseMs: number;
  readonly retryLongestMs: number;
}

interface HeldRow {
  readonly seq: number;
  readonly id: string;
  readonly claim_epoch: number;
  readonly retry_count: number;
  readonly max_retries: number;
  readonly in_doubt: number;
  readonly topic: string;
  readonly key: string;
  readonly aggregate_type: string;
  readonly aggregate_id: string;
  readonly event_type: string;
}

/** What becomes of a row. Rows with the same change share a statement. */
type Change =
  | { readonly kind: 'sent' | 'released' | 'unknown' }
  | { readonly kind: 'retry'; readonly retryCount: number; readonly delayMs: number; readonly error: string }
  | { readonly kind: 'failed'; readonly error: string };

const maxErrorLength = 2_000;

export interface SettleResult {
  /** One a settlement, in the order given. */
  readonly settled: readonly SettledRow[];
  readonly failed: readonly FailedRow[];
}

/** Records outcomes. Rows whose lease or epoch is over are left alone. */
export async function settleRows(
  sql: MysqlSql,
  settlements: readonly Settlement[],
  options: SettleOptions,
): Promise<SettleResult> {
  if (settlements.length === 0) return { settled: [], failed: [] };
  const held = await heldRows(sql, settlements, options.table);
  const changes = new Map<string, { readonly change: Change; readonly rows: HeldRow[] }>();
  const failed: FailedRow[] = [];
  const settled = settlements.map(({ id, epoch, outcome }): SettledRow => {
    const row = held.get(id);
    if (row === undefined || row.claim_epoch !== epoch) return { id, kind: 'lost' };
    held.delete(id);
    const change = changeOf(row, outcome, options);
    const name = JSON.stringify(change);
    const alike = changes.get(name);
    if (alike === undefined) changes.set(name, { change, rows: [row] });
    else alike.rows.push(row);
    if (change.kind === 'failed') failed.push(failedRow(row, change.error));
    return settledRow(id, change, row);
  });
  for (const { change, rows } of changes.values()) await apply(sql, change, { table: options.table, rows });
  return { settled, failed };
}

/** Under a lock until the end: what is decided from them is still so when it is written. */
async function heldRows(
  sql: MysqlSql,
  settlements: readonly Settlement[],
  table: string,
): Promise<Map<string, HeldRow>> {
  const { rows } = await sql.query<HeldRow>(
    `select seq, id, claim_epoch, retry_count, max_retries, in_doubt, topic, \`key\`, aggregate_type, aggregate_id, event_type
       from ${table} force index (outbox_events_id)
      where id in (${idList(settlements.map(({ id }) => id))}) and claimed_until > utc_timestamp(3) for update`,
  );
  return new Map(rows.map((row) => [row.id, row]));
}

function changeOf(row: HeldRow, outcome: SendOutcome, { retryBaseMs, retryLongestMs }: SettleOptions): Change {
  switch (outcome.kind) {
    case 'sent':
    case 'released':
    case 'unknown':
      return { kind: outcome.kind };
    case 'refused': {
      // A broker's message is not ours to trust.
      const error = `${outcome.code}: ${outcome.message}`.replaceAll('\0', '').slice(0, maxErrorLength);
      if (row.retry_count >= row.max_retries) return { kind: 'failed', error };
      const delayMs = Math.min(retryBaseMs * 2 ** row.retry_count, retryLongestMs);
      return { kind: 'retry', retryCount: row.retry_count + 1, delayMs, error };
    }
  }
}

async function apply(
  sql: MysqlSql,
  change: Change,
  { table, rows }: { readonly table: string; readonly rows: readonly HeldRow[] },
): Promise<void> {
  const where = `where seq in (${numberList(rows.map(({ seq }) => seq))})`;
  switch (change.kind) {
    case 'sent':
      await sql.query(
        `update ${table} set status = 'SENT', sent_at = utc_timestamp(3), next_retry_at = null, claimed_until = null ${where}`,
      );
      return;
    case 'released':
      await sql.query(`update ${table} set claimed_until = null ${where}`);
      return;
    case 'unknown':
      await sql.query(`update ${table} set in_doubt = true, claimed_until = null ${where}`);
      return;
    case 'retry':
      await sql.query(
        `update ${table} set status = 'RETRY', retry_count = ${wholeNumber(change.retryCount)}, last_error = ?, claimed_until = null,
           next_retry_at = timestampadd(microsecond, ${microseconds(change.delayMs)}, utc_timestamp(3)) ${where}`,
        [change.error],
      );
      return;
    case 'failed':
      await sql.query(
        `update ${table} set status = 'FAILED', last_error = ?, next_retry_at = null, claimed_until = null ${where}`,
        [change.error],
      );
  }
}

function settledRow(id: string, change: Change, row: HeldRow): SettledRow {
  switch (change.kind) {
    case 'sent':
    case 'released':
    case 'unknown':
      return { id, kind: change.kind };
    case 'retry':
      return { id, kind: 'retry', retryCount: change.retryCount };
    case 'failed':
      return { id, kind: 'failed', retryCount: row.retry_count };
  }
}

function failedRow(row: HeldRow, lastError: string): FailedRow {
  return {
    id: row.id,
    topic: row.topic,
    key: row.key,
    aggregateType: row.aggregate_type,
    aggregateId: row.aggregate_id,
    eventType: row.event_type,
    retryCount: row.retry_count,
    inDoubt: row.in_doubt !== 0,
    lastError,
  };
}

/** With the payloads, for the dead letters. */
export async function deadLetterSources(
  sql: MysqlSql,
  failed: readonly FailedRow[],
  table: string,
): Promise<readonly DeadLetterSource[]> {
  const { rows } = await sql.query<{ id: string; payload: string; headers: string }>(
    `select id, payload, headers from ${table} where id in (${idList(failed.map(({ id }) => id))})`,
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  return failed.flatMap((row) => {
    const content = byId.get(row.id);
    if (content === undefined) return [];
    return [{ ...row, payload: content.payload, headers: JSON.parse(content.headers) as Record<string, string> }];
  });
}
