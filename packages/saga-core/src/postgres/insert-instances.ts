import { delimitedColumns, type Sql } from '@backstitch/postgres';
import type { NewStoredInstance } from '../engine/saga-store.js';
import { nowTime, timeOf } from './database-time.js';
import { insertTags } from './insert-tags.js';
import type { SagaTables } from './saga-tables.js';
import { requireStorable } from './storable-text.js';

const insertSql = (table: string): string => `
with moment as materialized (select ${nowTime} as now),
given as (
  select id::uuid, saga, version::integer, hash, nullif(start_key, '') as start_key, status, paused::boolean, nullif(input, '') as input,
         state, tags, ${timeOf('wake_at')} as wake_at
    from unnest(string_to_array($2, $1), string_to_array($3, $1), string_to_array($4, $1), string_to_array($5, $1), string_to_array($6, $1),
                string_to_array($7, $1), string_to_array($8, $1), string_to_array($9, $1), string_to_array($10, $1),
                string_to_array($11, $1), string_to_array($12, $1))
         as g (id, saga, version, hash, start_key, status, paused, input, state, tags, wake_at)
)
insert into ${table}
  (id, saga, version, hash, start_key, status, paused, input, state, tags, wake_at, due_from, created_at, updated_at, finished_at)
select id, saga, version, hash, start_key, status, paused, input, state, tags, wake_at, wake_at, now, now,
       case when status in ('completed', 'compensated') then now end
  from given, moment`;

/** Inserts all rows in one statement, and makes them findable by their tags. */
export async function insertInstances(
  sql: Sql,
  instances: readonly NewStoredInstance[],
  { tables }: { readonly tables: SagaTables },
): Promise<void> {
  if (instances.length === 0) return;
  for (const { tags, startKey } of instances) requireStorableLabels(tags, startKey);
  const { separator, columns } = delimitedColumns([
    instances.map(({ instance }) => instance.id),
    instances.map(({ instance }) => instance.saga),
    instances.map(({ instance }) => String(instance.version)),
    instances.map(({ instance }) => instance.hash),
    instances.map(({ startKey }) => startKey ?? ''),
    instances.map(({ instance }) => instance.state.status),
    instances.map(({ instance }) => (instance.state.pausedAt === undefined ? 'f' : 't')),
    // An input that is undefined has no JSON: the column is null.
    instances.map(({ instance }) => JSON.stringify(instance.input) ?? ''),
    instances.map(({ instance }) => JSON.stringify(instance.state)),
    instances.map(({ tags }) => JSON.stringify(tags)),
    instances.map(({ wakeAt }) => (wakeAt === null ? '' : String(wakeAt))),
  ]);
  await sql.query(insertSql(tables.instances), [separator, ...columns]);
  await insertTags(sql, instances, { tables });
}

/** JSON escapes what Postgres cannot hold as text, but a search by tag would unescape it. */
export function requireStorableLabels(tags: Readonly<Record<string, string>>, startKey: string | null): void {
  if (startKey !== null) requireStorable(startKey, { code: 'INPUT_INVALID', field: 'key', maxLength: 512 });
  for (const [name, value] of Object.entries(tags)) {
    requireStorable(name, { code: 'INPUT_INVALID', field: 'tags', maxLength: 200 });
    if (value !== '') requireStorable(value, { code: 'INPUT_INVALID', field: `tags.${name}`, maxLength: 2_000 });
  }
}
