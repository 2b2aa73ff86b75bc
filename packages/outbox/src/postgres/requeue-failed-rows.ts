import type { Sql } from '@backstitch/postgres';

// The place stays: what waits behind the row in its lane must not be overtaken by it.
const requeueSql = (table: string): string => `
update ${table} set status = 'PENDING', retry_count = 0, claim_epoch = claim_epoch + 1
 where id = any(string_to_array($1, ',')::uuid[]) and status = 'FAILED'
returning id`;

/** FAILED to PENDING. Answers the ids changed. */
export async function requeueFailedRows(
  sql: Sql,
  ids: readonly string[],
  options: { readonly table: string },
): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql.query<{ id: string }>(requeueSql(options.table), [ids.join(',')]);
  return rows.map((row) => row.id);
}
