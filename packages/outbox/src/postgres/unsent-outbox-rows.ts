import type { Sql } from '@backstitch/postgres';

const unsentSql = (table: string): string => `
select id from ${table} where id = any(string_to_array($1, ',')::uuid[]) and status in ('PENDING', 'RETRY')`;

/** Answers which of the rows are still PENDING or RETRY. */
export async function unsentOutboxRows(
  sql: Sql,
  ids: readonly string[],
  options: { readonly table: string },
): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql.query<{ id: string }>(unsentSql(options.table), [ids.join(',')]);
  return rows.map((row) => row.id);
}
