import { delimitedColumns, type Sql } from '@backstitch/postgres';
import type { DefinitionKey } from '../engine/saga-store.js';

export interface DueOptions {
  readonly table: string;
  readonly limit: number;
}

// Each definition walks its own stretch of the index: instances that no process here knows, overdue for ever, are never looked at. The time
// is the statement's, because an index condition cannot call a function that changes from row to row. `due_from` may come up to ten seconds
// before `wake_at`, which is the truth. In the order of the index: sorting by `wake_at` would sort a whole backlog for each batch of it.
export const dueSql = (table: string): string => `
select i.id
  from unnest(string_to_array($2, $1), string_to_array($3, $1), string_to_array($4, $1)) as d (saga, version, hash)
 cross join lateral (
   select r.id, r.due_from from ${table} r
    where r.saga = d.saga and r.version = d.version::integer and r.hash = d.hash
      and r.due_from <= statement_timestamp() and r.wake_at <= statement_timestamp()
    order by r.due_from limit $5
 ) i
 order by i.due_from limit $5`;

/** Ids of instances of these definitions whose `wake_at` has come. */
export async function dueInstances(
  sql: Sql,
  definitions: readonly DefinitionKey[],
  options: DueOptions,
): Promise<readonly string[]> {
  if (definitions.length === 0) return [];
  const { rows } = await sql.query<{ id: string }>(dueSql(options.table), [
    ...dueParameters(definitions),
    options.limit,
  ]);
  return rows.map((row) => row.id);
}

export function dueParameters(definitions: readonly DefinitionKey[]): readonly string[] {
  const once = [
    ...new Map(definitions.map((each) => [JSON.stringify([each.saga, each.version, each.hash]), each])).values(),
  ];
  const { separator, columns } = delimitedColumns([
    once.map(({ saga }) => saga),
    once.map(({ version }) => String(version)),
    once.map(({ hash }) => hash),
  ]);
  return [separator, ...columns];
}
