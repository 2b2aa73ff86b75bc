import type { Sql } from '@backstitch/postgres';
import type { QuarantinedRecord } from '../exchange/quarantined-record.js';

// Through the whole table, which is kept small (`quarantineRows`): what is in it is mostly not even JSON, and has no column for a saga.
const readSql = (table: string): string => `
select topic, partition, record_offset as "offset", reason, head from ${table} where position($1 in head) > 0 order by id desc limit $2::integer`;

/** Records whose kept beginning names the instance, the newest first. */
export async function readQuarantined(
  sql: Sql,
  { sagaId, limit }: { readonly sagaId: string; readonly limit: number },
  options: { readonly table: string },
): Promise<readonly QuarantinedRecord[]> {
  const { rows } = await sql.query<QuarantinedRecord>(readSql(options.table), [sagaId, limit]);
  return rows.map((row) => ({ ...row }));
}
