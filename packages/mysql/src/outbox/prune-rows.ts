import type { PruneOptions } from '@backstitch/outbox';
import type { MysqlSql } from '../mysql-database.js';
import { microseconds, numberList, wholeNumber } from './literal.js';

// By `created_at`, which is never later than `sent_at`, because that is what the index on (status, created_at) can walk: an index on
// `sent_at` would be written by every settlement, to serve this alone.
export const oldSql = (table: string, { olderThanMs, limit }: PruneOptions): string => {
  const before = `timestampadd(microsecond, -${microseconds(olderThanMs)}, utc_timestamp(3))`;
  return `
select seq from ${table} force index (outbox_events_status)
 where status = 'SENT' and created_at < ${before} and sent_at < ${before}
 order by created_at limit ${wholeNumber(limit)} for update skip locked`;
};

/** Deletes rows sent longer ago than `olderThanMs`, at most `limit`. In a transaction. Answers how many. */
export async function pruneRows(
  sql: MysqlSql,
  prune: PruneOptions,
  { table }: { readonly table: string },
): Promise<number> {
  const { rows } = await sql.query<{ seq: number }>(oldSql(table, prune));
  if (rows.length > 0) await sql.query(`delete from ${table} where seq in (${numberList(rows.map(({ seq }) => seq))})`);
  return rows.length;
}
