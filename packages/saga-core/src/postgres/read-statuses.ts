import type { Sql } from '@backstitch/postgres';
import type { SagaStatus } from '../machine/instance.js';
import { uuidList } from './uuid-list.js';

const statusesSql = (table: string): string => `
select id, status from ${table} where id = any(string_to_array($1, ',')::uuid[])`;

/** Where instances stand, by id. */
export async function readStatuses(
  sql: Sql,
  ids: readonly string[],
  options: { readonly table: string },
): Promise<ReadonlyMap<string, SagaStatus>> {
  const list = uuidList(ids);
  if (list === '') return new Map();
  const { rows } = await sql.query<{ id: string; status: SagaStatus }>(statusesSql(options.table), [list]);
  return new Map(rows.map(({ id, status }) => [id, status]));
}
