import type { Sql } from '@backstitch/postgres';
import type { PruneOptions } from '../outbox-store.js';

// By `created_at`, which is never later than `sent_at`, because that is what the index on (status, created_at) can walk: an index on
// `sent_at` would be written by every settlement, to serve this alone.
export const pruneSql = (table: string): string => `
delete from ${table} where ctid = any(array(
  select ctid from ${table}
   where status = 'SENT' and created_at < statement_timestamp() - $1::float8 * interval '1 millisecond'
     and sent_at < statement_timestamp() - $1::float8 * interval '1 millisecond'
   order by created_at limit $2
     for update skip locked))`;

/** Deletes rows sent longer ago than `olderThanMs`, at most `limit`. Answers how many. */
export async function pruneRows(
  sql: Sql,
  { olderThanMs, limit }: PruneOptions,
  options: { readonly table: string },
): Promise<number> {
  const { rowCount } = await sql.query(pruneSql(options.table), [olderThanMs, limit]);
  return rowCount;
}
