import type { Sql } from '@backstitch/postgres';

// A lease that ran out is no proof: its holder may have sent and not been able to say so. Only `claimed_until is null` is. A locked row is
// being claimed or settled at this moment; not to wait for it is the same answer as to find it claimed, and cannot deadlock.
const withdrawSql = (table: string): string => `
with idle as (
  select id from ${table}
   where id = any(string_to_array($1, ',')::uuid[]) and status <> 'SENT' and claimed_until is null and not in_doubt
     for update skip locked
)
delete from ${table} e using idle where e.id = idle.id
returning e.id`;

/** Deletes those of the rows that certainly were not sent. Answers their ids. */
export async function withdrawOutboxRows(
  sql: Sql,
  ids: readonly string[],
  options: { readonly table: string },
): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql.query<{ id: string }>(withdrawSql(options.table), [ids.join(',')]);
  return rows.map((row) => row.id);
}
