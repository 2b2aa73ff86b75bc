import type { Sql } from '@backstitch/postgres';
import type { StoredInstance } from '../engine/saga-store.js';
import { columnMs, nowMs } from './database-time.js';
import type { SagaTables } from './saga-tables.js';
import { storedInstance } from './stored-instance.js';
import { uuidList } from './uuid-list.js';

// One statement, and so one snapshot: a row and a journal of two moments would be an instance that never was. Entries are JSON, which
// escapes U+001E.
const readSql = ({ instances, journal }: SagaTables): string => `
select ${nowMs} as now, i.*
  from (select) one left join (
    select id, saga, version, hash, start_key, input, state, tags, ${columnMs('created_at')} as created_at,
           ${columnMs('updated_at')} as updated_at, revision,
           (select string_agg(j.entry, chr(30) order by j.seq) from ${journal} j where j.saga_id = r.id) as entries
      from ${instances} r
     where id = any(string_to_array($1, ',')::uuid[])
     order by id
  ) i on true`;

interface Row {
  readonly now: number;
  readonly id: string | null;
  readonly saga: string;
  readonly version: number;
  readonly hash: string;
  readonly start_key: string | null;
  readonly input: string | null;
  readonly state: string;
  readonly tags: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly revision: number;
  readonly entries: string | null;
}

export interface ReadInstances {
  readonly now: number;
  readonly instances: readonly StoredInstance[];
}

/** Instances with their bodies, in id order, and the database's time. Unknown ids are left out. */
export async function readInstances(
  sql: Sql,
  ids: readonly string[],
  options: { readonly tables: SagaTables },
): Promise<ReadInstances> {
  const { rows } = await sql.query<Row>(readSql(options.tables), [uuidList(ids)]);
  const [first] = rows;
  if (first === undefined) throw new Error('An outer join on one row answered none.');
  return { now: first.now, instances: rows.flatMap(readRow) };
}

function readRow(row: Row): StoredInstance[] {
  const { id, start_key: startKey, created_at: createdAt, updated_at: updatedAt, entries, ...rest } = row;
  if (id === null) return [];
  return [
    storedInstance({ ...rest, id, startKey, createdAt, updatedAt }, entries === null ? [] : entries.split('\u001e')),
  ];
}
