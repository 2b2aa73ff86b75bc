import type { Sql } from '@backstitch/postgres';
import type { PruneOptions } from '../outbox-store.js';

export const pruneAuditSql = (table: string): string => `
delete from ${table} where ctid = any(array(
  select ctid from ${table} where at < statement_timestamp() - $1::float8 * interval '1 millisecond'
   order by at limit $2 for update skip locked))`;

/** Deletes entries older than `olderThanMs`, at most `limit`. Answers how many. */
export async function pruneAudit(
  sql: Sql,
  { olderThanMs, limit }: PruneOptions,
  options: { readonly auditTable: string },
): Promise<number> {
  return (await sql.query(pruneAuditSql(options.auditTable), [olderThanMs, limit])).rowCount;
}
