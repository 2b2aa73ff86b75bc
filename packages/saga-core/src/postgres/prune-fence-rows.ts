import type { Sql } from '@backstitch/postgres';

export interface PruneFenceOptions {
  readonly table: string;
  readonly olderThanMs: number;
  readonly limit: number;
}

// A row that somebody claims at this moment is passed over: a retention job must not wait for a handler, nor make one wait.
export const pruneSql = (table: string): string => `
delete from ${table} where ctid = any(array(
  select ctid from ${table} where settled_at < statement_timestamp() - $1::float8 * interval '1 millisecond'
   order by settled_at limit $2 for update skip locked))`;

/** Deletes what was settled longer ago than `olderThanMs`, the oldest first. Answers how many. */
export async function pruneFenceRows(sql: Sql, { table, olderThanMs, limit }: PruneFenceOptions): Promise<number> {
  return (await sql.query(pruneSql(table), [olderThanMs, limit])).rowCount;
}
