import type { Sql } from '@backstitch/postgres';
import { uuidList } from './uuid-list.js';

// In id order, whoever locks: two batches with the same instances in different orders would deadlock.
const lockSql = (table: string): string => `
select id, revision from ${table} where id = any(string_to_array($1, ',')::uuid[]) order by id for update`;

/**
 * Locks rows until the transaction ends and answers their revisions by id. What else is read under the lock must be read by a later statement:
 * this one's snapshot is older than its lock, and would show the other tables as they were before a rival's commit.
 */
export async function lockInstances(
  sql: Sql,
  ids: readonly string[],
  options: { readonly table: string },
): Promise<ReadonlyMap<string, number>> {
  const list = uuidList(ids);
  if (list === '') return new Map();
  const { rows } = await sql.query<{ id: string; revision: number }>(lockSql(options.table), [list]);
  return new Map(rows.map(({ id, revision }) => [id, revision]));
}
