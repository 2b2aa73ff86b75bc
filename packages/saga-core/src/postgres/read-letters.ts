import type { Sql } from '@backstitch/postgres';
import type { Letter } from '../engine/saga-store.js';
import type { SagaInput } from '../machine/saga-input.js';
import { uuidList } from './uuid-list.js';

const readSql = (table: string): string => `
select saga_id, id, input from ${table} where saga_id = any(string_to_array($1, ',')::uuid[]) order by seq`;

/** The letters of these instances, oldest first. */
export async function readLetters(
  sql: Sql,
  sagaIds: readonly string[],
  options: { readonly table: string },
): Promise<readonly Letter[]> {
  const list = uuidList(sagaIds);
  if (list === '') return [];
  const { rows } = await sql.query<{ saga_id: string; id: string; input: string }>(readSql(options.table), [list]);
  return rows.map((row) => ({ id: row.id, sagaId: row.saga_id, input: JSON.parse(row.input) as SagaInput }));
}
