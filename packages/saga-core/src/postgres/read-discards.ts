import type { Sql } from '@backstitch/postgres';
import type { DiscardCount } from '../engine/saga-store.js';

const readSql = (table: string): string => `
select saga_id as "sagaId", step, reason, count::float8 as count from ${table} where saga_id = $1 order by step, reason limit $2::integer`;

/** The counters of one instance. */
export async function readDiscards(
  sql: Sql,
  { sagaId, limit }: { readonly sagaId: string; readonly limit: number },
  options: { readonly table: string },
): Promise<readonly DiscardCount[]> {
  const { rows } = await sql.query<DiscardCount>(readSql(options.table), [sagaId, limit]);
  return rows.map((row) => ({ ...row }));
}
