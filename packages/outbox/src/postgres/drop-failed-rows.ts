import type { Sql } from '@backstitch/postgres';

const dropSql = (table: string): string => `
delete from ${table} where id = any(string_to_array($1, ',')::uuid[]) and status = 'FAILED' returning id`;

/** Deletes FAILED rows. Answers their ids. */
export async function dropFailedRows(
  sql: Sql,
  ids: readonly string[],
  options: { readonly table: string },
): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql.query<{ id: string }>(dropSql(options.table), [ids.join(',')]);
  return rows.map((row) => row.id);
}
