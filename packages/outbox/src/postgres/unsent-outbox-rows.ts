import type { Sql } from '@backstitch/postgres';

// `not in`, which no index serves: where statistics are old the planner would rather read all unsent rows than look up these ids.
const unsentSql = (table: string): string => `
select id from ${table} where id = any(string_to_array($1, ',')::uuid[]) and status not in ('SENT', 'FAILED', 'PARKED')`;

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
