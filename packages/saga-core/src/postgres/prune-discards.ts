import type { Sql } from '@backstitch/postgres';
import type { PruneSagaOptions } from './prune-instances.js';

export const pruneDiscardsSql = (table: string): string => `
delete from ${table} where ctid = any(array(
  select ctid from ${table} where last_at < statement_timestamp() - $1::float8 * interval '1 millisecond'
   order by last_at limit $2 for update skip locked))`;

/** Deletes counters that have not moved for `olderThanMs`: also those of messages about no instance of ours. Answers how many. */
export async function pruneDiscards(sql: Sql, { tables, olderThanMs, limit }: PruneSagaOptions): Promise<number> {
  return (await sql.query(pruneDiscardsSql(tables.discards), [olderThanMs, limit])).rowCount;
}
