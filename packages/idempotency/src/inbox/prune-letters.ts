import type { Sql } from '@backstitch/postgres';

/** Deletes one batch of letters that were settled more than `$2` milliseconds ago. Open ones wait for a person, however long. */
export function pruneLettersSql(table: string): string {
  return `delete from ${table} where ctid = any(array(
    select ctid from ${table} where settled_at <= clock_timestamp() - $2 * interval '1 millisecond'
    order by settled_at limit $1 for update skip locked))`;
}

export async function pruneLetters(
  sql: Sql,
  at: { readonly table: string; readonly limit: number; readonly olderThanMs: number },
): Promise<number> {
  return (await sql.query(pruneLettersSql(at.table), [at.limit, at.olderThanMs])).rowCount;
}
