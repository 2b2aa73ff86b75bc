import type { Sql } from '@backstitch/postgres';

const leaveSql = (table: string): string => `
update ${table} set ordered = false where id = any(string_to_array($1, ',')::uuid[]) and status = 'FAILED' and ordered`;

/** Takes rows that FAILED out of their lanes. They stay, for the operator to see. */
export async function leaveLane(sql: Sql, ids: readonly string[], options: { readonly table: string }): Promise<void> {
  if (ids.length > 0) await sql.query(leaveSql(options.table), [ids.join(',')]);
}
