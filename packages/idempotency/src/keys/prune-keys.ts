import type { Sql } from '@backstitch/postgres';

/** Deletes one batch of expired keys and answers how many. Skips what is locked: somebody is just taking it anew. */
export function pruneKeysSql(table: string): string {
  return `delete from ${table} where ctid = any(array(
    select ctid from ${table} where expires_at <= clock_timestamp() order by expires_at limit $1 for update skip locked))`;
}

export async function pruneKeys(sql: Sql, at: { readonly table: string; readonly limit: number }): Promise<number> {
  return (await sql.query(pruneKeysSql(at.table), [at.limit])).rowCount;
}
