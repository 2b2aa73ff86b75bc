import { delimitedColumns, type Sql } from '@backstitch/postgres';
import type { NewLetter } from '../engine/saga-store.js';
import { nowTime } from './database-time.js';
import { lockInstances } from './lock-instances.js';
import type { SagaTables } from './saga-tables.js';
import { requireStorable } from './storable-text.js';
import { uuidList } from './uuid-list.js';

const insertSql = (table: string): string => `
insert into ${table} (saga_id, id, input)
select saga_id::uuid, id, input
  from unnest(string_to_array($2, $1), string_to_array($3, $1), string_to_array($4, $1)) with ordinality as g (saga_id, id, input, place)
 order by place
on conflict (saga_id, id) do nothing`;

const wakeSql = (table: string): string => `
with moment as materialized (select ${nowTime} as now)
update ${table} i set wake_at = least(i.wake_at, m.now), due_from = least(i.due_from, m.now)
  from moment m where i.id = any(string_to_array($1, ',')::uuid[])`;

/**
 * Keeps letters and wakes their instances. Answers the ids of the letters whose instance does not exist.
 *
 * The lock comes first: a save under way ends before the letter is written, and one that begins later sees it.
 */
export async function postLetters(
  sql: Sql,
  letters: readonly NewLetter[],
  { tables }: { readonly tables: SagaTables },
): Promise<readonly string[]> {
  for (const { id } of letters) requireStorable(id, { code: 'INPUT_INVALID', field: 'letter id', maxLength: 512 });
  const known = await lockInstances(
    sql,
    letters.map(({ sagaId }) => sagaId),
    { table: tables.instances },
  );
  const kept = letters.filter(({ sagaId }) => known.has(sagaId));
  if (kept.length > 0) {
    const { separator, columns } = delimitedColumns([
      kept.map(({ sagaId }) => sagaId),
      kept.map(({ id }) => id),
      kept.map(({ input }) => JSON.stringify(input)),
    ]);
    await sql.query(insertSql(tables.mailbox), [separator, ...columns]);
    await sql.query(wakeSql(tables.instances), [uuidList([...known.keys()])]);
  }
  return letters.filter(({ sagaId }) => !known.has(sagaId)).map(({ id }) => id);
}
