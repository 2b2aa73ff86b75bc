import type { Sql } from '@backstitch/postgres';

/** Deletes one batch of messages older than `$2` milliseconds. */
export function pruneMessagesSql(table: string): string {
  return `delete from ${table} where ctid = any(array(
    select ctid from ${table} where processed_at <= clock_timestamp() - $2 * interval '1 millisecond'
    order by processed_at limit $1 for update skip locked))`;
}

export async function pruneMessages(
  sql: Sql,
  at: { readonly table: string; readonly limit: number; readonly olderThanMs: number },
): Promise<number> {
  return (await sql.query(pruneMessagesSql(at.table), [at.limit, at.olderThanMs])).rowCount;
}
