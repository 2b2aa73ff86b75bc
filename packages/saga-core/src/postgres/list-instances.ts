import { type Sql, sqlState } from '@backstitch/postgres';
import type { InstancePosition, InstanceQuery, InstanceSlice } from '../engine/instance-reads.js';
import { type InstanceSummary, summaryOf } from '../engine/instance-summary.js';
import { SagaError } from '../errors.js';
import type { SagaStatus } from '../machine/instance.js';
import { columnMs } from './database-time.js';
import { instanceConditions } from './instance-conditions.js';
import { orderBy, type PositionSource, positionsSql } from './instance-positions.js';
import { type Parameters, parameters } from './parameters.js';
import { readGroups } from './read-groups.js';
import type { SagaTables } from './saga-tables.js';

const invalidText = '22P02';

interface Row {
  readonly stop_at: number | null;
  readonly stop_id: string | null;
  readonly id: string | null;
  readonly saga: string;
  readonly version: number;
  readonly hash: string;
  readonly status: SagaStatus;
  readonly paused: boolean;
  readonly start_key: string | null;
  readonly state: string;
  readonly tags: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly finished_at: number | null;
  readonly wake_at: number | null;
}

/**
 * The next instances that fit. Positions come from an index, a bounded number; the rows they name are read one by one until the page is full.
 *
 * Where there are several groups, each is walked for its share. A group that was not walked to its end says nothing of what lies behind its
 * last position, so the page ends at the nearest of those (`stop`), and the next one begins there.
 */
export async function listInstances(
  sql: Sql,
  query: InstanceQuery,
  { tables }: { readonly tables: SagaTables },
): Promise<InstanceSlice> {
  const source = await sourceOf(sql, query, tables);
  if (source === undefined) return { instances: [], next: null };
  const given = parameters();
  const text = listSql(source, { query, tables, limit: shareOf(source, query) }, given);
  const { rows } = await sql.query<Row>(text, given.values).catch(explainDamage);
  const instances = rows.flatMap(readRow);
  const page = instances.slice(0, query.limit);
  const last = page.at(-1);
  if (instances.length > query.limit && last !== undefined) return { instances: page, next: positionOf(last) };
  const [stop] = rows;
  if (stop === undefined) throw new Error('An outer join on one row answered none.');
  const { stop_at: createdAt, stop_id: id } = stop;
  return { instances: page, next: createdAt === null || id === null ? null : { createdAt, id } };
}

/** Only a search looks into the JSON here: a list without `text` and `tag` shows a damaged row as what it is. */
function explainDamage(cause: unknown): never {
  if (sqlState(cause) !== invalidText) throw cause;
  throw new SagaError('STORED_STATE_UNREADABLE', 'An instance that was to be searched is not JSON.', {
    cause,
    hint: 'Somebody changed the table by hand, or the storage is damaged. List without text and tag: the instance is marked unreadable.',
  });
}

/** Undefined where nothing can fit. */
async function sourceOf(sql: Sql, { filter }: InstanceQuery, tables: SagaTables): Promise<PositionSource | undefined> {
  const { startKey, paused, tag, saga } = filter;
  if (startKey === undefined && paused === true) return { kind: 'paused' };
  if (startKey === undefined && tag !== undefined) return { kind: 'tag', ...tag };
  const groups = await readGroups(sql, filter, { table: tables.instances });
  if (groups.length === 0) return undefined;
  if (startKey === undefined) return { kind: 'groups', groups };
  const sagas = saga === undefined ? [...new Set(groups.map((group) => group.saga))] : [saga];
  return { kind: 'startKey', key: startKey, sagas };
}

/** How many positions of each group: a page's worth where the index serves the whole filter, otherwise a share of what may be looked at. */
function shareOf(source: PositionSource, { filter, limit, examine }: InstanceQuery): number {
  const { statuses, saga, version, createdAfter: _after, createdBefore: _before, ...others } = filter;
  const { paused, tag, ...more } = others;
  const left = {
    groups: [paused, tag, ...Object.values(more)],
    paused: [statuses, saga, version, tag, ...Object.values(more)],
    tag: [statuses, saga, version, paused, ...Object.values(more)],
    startKey: [],
  }[source.kind];
  if (left.every((each) => each === undefined)) return limit + 1;
  const groups = source.kind === 'groups' ? source.groups.length : 1;
  return Math.max(limit + 1, Math.floor(examine / groups));
}

interface Listing {
  readonly query: InstanceQuery;
  readonly tables: SagaTables;
  readonly limit: number;
}

function listSql(source: PositionSource, { query, tables, limit }: Listing, given: Parameters): string {
  const { filter, order } = query;
  const positions = positionsSql(source, { query, tables, limit }, given);
  const conditions = ['r.id = p.id', ...instanceConditions(filter, given)];
  const isWithin = order === 'newest' ? '>=' : '<=';
  return `
with positions as materialized (${positions}),
stop as materialized (select created_at, id from positions p where nth = ${given.bind(limit)}::integer ${orderBy('p', order)} limit 1)
select ${columnMs('s.created_at')} as stop_at, s.id as stop_id, i.*
  from (select) one
  left join stop s on true
  left join (
    select r.id, r.saga, r.version, r.hash, r.status, r.paused, r.start_key, r.state, r.tags, ${columnMs('r.created_at')} as created_at,
           ${columnMs('r.updated_at')} as updated_at, ${columnMs('r.finished_at')} as finished_at, ${columnMs('r.wake_at')} as wake_at
      from (
        select p.created_at, p.id from positions p
         where not exists (select from stop) or (p.created_at, p.id) ${isWithin} (select s.created_at, s.id from stop s)
         ${orderBy('p', order)}
      ) p
      cross join lateral (select r.* from ${tables.instances} r where ${conditions.join(' and ')}) r
     ${orderBy('p', order)}
     limit ${given.bind(query.limit + 1)}::integer
  ) i on true`;
}

function readRow(row: Row): InstanceSummary[] {
  const { id, saga, version, hash, status, paused, state, tags } = row;
  if (id === null) return [];
  return [
    summaryOf({
      ...{ id, saga, version, hash, status, paused, state, tags },
      startKey: row.start_key,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      finishedAt: row.finished_at,
      wakeAt: row.wake_at,
    }),
  ];
}

function positionOf({ createdAt, id }: InstanceSummary): InstancePosition {
  return { createdAt, id };
}
