import type { Sql } from '@backstitch/postgres';
import type { LockPlace } from '../engine/saga-store.js';
import { uuidList } from './uuid-list.js';

const queueSql = (table: string): string => `
select m.saga_id, m.lock_key, h.saga_id as first,
       (select count(distinct b.saga_id)::integer from ${table} o join ${table} b on b.lock_key = o.lock_key and b.place > o.place
         where o.saga_id = m.saga_id) as blocking
  from ${table} m
 cross join lateral (select l.saga_id from ${table} l where l.lock_key = m.lock_key order by l.place limit 1) h
 where m.saga_id = any(string_to_array($1, ',')::uuid[])
 order by m.saga_id, m.lock_key`;

interface Row {
  readonly saga_id: string;
  readonly lock_key: string;
  readonly first: string;
  readonly blocking: number;
}

/** Where instances stand in the queues of their keys, in id order. */
export async function lockQueue(
  sql: Sql,
  sagaIds: readonly string[],
  { table }: { readonly table: string },
): Promise<readonly LockPlace[]> {
  const list = uuidList(sagaIds);
  if (list === '') return [];
  const { rows } = await sql.query<Row>(queueSql(table), [list]);
  const places = new Map<string, LockPlace>();
  for (const { saga_id: sagaId, lock_key: key, first: heldBy, blocking } of rows) {
    const before = places.get(sagaId)?.waitingFor ?? [];
    const waitingFor = heldBy === sagaId ? before : [...before, { key, heldBy }];
    places.set(sagaId, { sagaId, blocking, waitingFor });
  }
  return [...places.values()];
}
