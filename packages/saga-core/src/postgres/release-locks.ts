import type { Sql } from '@backstitch/postgres';
import type { InstanceChange, NewLetter } from '../engine/saga-store.js';
import { isTerminal } from '../machine/instance.js';
import { lockInstances } from './lock-instances.js';
import { postLetters } from './post-letters.js';
import type { SagaTables } from './saga-tables.js';
import { uuidList } from './uuid-list.js';

const leaveSql = (table: string): string => `
delete from ${table} where saga_id = any(string_to_array($1, ',')::uuid[]) returning lock_key, place::text as place`;

const nextSql = (table: string): string => `
select freed.lock_key, freed.place::text as place, h.saga_id
  from (
    select g.lock_key, min(g.place) as place from unnest($1::text[], $2::bigint[]) as g (lock_key, place) group by g.lock_key
  ) freed
 cross join lateral (select l.saga_id, l.place from ${table} l where l.lock_key = freed.lock_key order by l.place limit 1) h
 where h.place > freed.place`;

/** A place in a queue. */
interface Place {
  readonly lock_key: string;
  readonly place: string;
}

/** Those of the changes that end an instance which stands in queues. */
export function leaving(changes: readonly Pick<InstanceChange, 'instance'>[]): readonly string[] {
  return changes.flatMap(({ instance: { id, state } }) =>
    isTerminal(state.status) && state.locks !== undefined && state.locks.keys.length > 0 ? [id] : [],
  );
}

/** Once for each instance that leaves: leaving is final. */
export function locksFreedLetter(leaverId: string, sagaId: string): NewLetter {
  return { id: `locks-freed/${leaverId}`, sagaId, input: { kind: 'locksFreed' } };
}

/** Takes instances out of their queues and tells whoever becomes the first in one. Answers who was told. */
export async function releaseLocks(
  sql: Sql,
  sagaIds: readonly string[],
  { tables }: { readonly tables: SagaTables },
): Promise<readonly string[]> {
  if (sagaIds.length === 0) return [];
  const { rows: freed } = await sql.query<Place>(leaveSql(tables.locks), [uuidList(sagaIds)]);
  if (freed.length === 0) return [];
  const next = await settledNext(sql, freed, tables);
  await postLetters(
    sql,
    next.map((sagaId) => locksFreedLetter(sagaIds[0] ?? '', sagaId)),
    { tables },
  );
  return next;
}

/**
 * Who is next, once nothing can change that any more. The one found first may be leaving at this very moment, in a transaction that still sees us
 * before it and so tells nobody: we wait for its row, and look again behind it. A queue that was empty stays out of it: who comes now looks by
 * itself, and finds that we are leaving.
 */
async function settledNext(
  sql: Sql,
  freed: readonly Place[],
  { locks, instances }: SagaTables,
): Promise<readonly string[]> {
  const awaited = new Set<string>();
  const next = new Set<string>();
  for (let queues = freed; queues.length > 0; ) {
    const { rows } = await sql.query<Place & { readonly saga_id: string }>(nextSql(locks), [
      queues.map(({ lock_key }) => lock_key),
      queues.map(({ place }) => place),
    ]);
    for (const { saga_id } of rows) if (awaited.has(saga_id)) next.add(saga_id);
    const unsure = rows.filter(({ saga_id }) => !awaited.has(saga_id));
    const ids = unsure.map(({ saga_id }) => saga_id);
    // All of them at once: so they are locked in id order.
    await lockInstances(sql, ids, { table: instances });
    for (const id of ids) awaited.add(id);
    queues = unsure;
  }
  return [...next].sort();
}
