import type { Sql } from '@backstitch/postgres';
import type { PruneSagaOptions } from './prune-instances.js';

// Only where the instance is gone: a key that went before it would let the same order be started beside the one that still lives.
export const pruneStartKeysSql = (table: string, instances: string): string => `
delete from ${table} where ctid = any(array(
  select k.ctid from ${table} k
   where k.created_at < statement_timestamp() - $1::float8 * interval '1 millisecond'
     and not exists (select from ${instances} i where i.id = k.saga_id)
   order by k.created_at limit $2 for update skip locked))`;

/** Deletes start keys older than `olderThanMs` whose instances are gone, the oldest first. Answers how many. */
export async function pruneStartKeys(sql: Sql, { tables, olderThanMs, limit }: PruneSagaOptions): Promise<number> {
  return (await sql.query(pruneStartKeysSql(tables.startKeys, tables.instances), [olderThanMs, limit])).rowCount;
}
