import { delimitedColumns } from '@backstitch/postgres';
import type { InstanceQuery } from '../engine/instance-reads.js';
import { type CreatedRange, createdConditions, timeParameter } from './instance-conditions.js';
import type { Parameters } from './parameters.js';
import type { InstanceGroup } from './read-groups.js';
import type { SagaTables } from './saga-tables.js';
import { tagDigest } from './tag-digest.js';

/** Where the ids of a page come from, in the order of creation: always from an index, and never more of them than were asked for. */
export type PositionSource =
  /** The instances' own start keys, one a saga at most. */
  | { readonly kind: 'startKey'; readonly key: string; readonly sagas: readonly string[] }
  | { readonly kind: 'paused' }
  | { readonly kind: 'tag'; readonly name: string; readonly value: string }
  | { readonly kind: 'groups'; readonly groups: readonly InstanceGroup[] };

export interface PositionsOptions {
  readonly query: Pick<InstanceQuery, 'filter' | 'order' | 'after'>;
  readonly tables: SagaTables;
  /** So many of each group. */
  readonly limit: number;
}

/** A query with the columns `created_at`, `id` and `nth`, the place within its group from 1. */
export function positionsSql(source: PositionSource, options: PositionsOptions, given: Parameters): string {
  const { tables } = options;
  const { bind } = given;
  switch (source.kind) {
    case 'groups': {
      const { separator, columns } = delimitedColumns([
        source.groups.map(({ saga }) => saga),
        source.groups.map(({ version }) => String(version)),
        source.groups.map(({ status }) => status),
      ]);
      const split = bind(separator);
      const arrays = columns.map((column) => `string_to_array(${bind(column)}, ${split})`);
      const isOfGroup = 'r.saga = w.saga and r.version = w.version::integer and r.status = w.status';
      return `
        select c.* from unnest(${arrays.join(', ')}) as w (saga, version, status)
         cross join lateral (${walkSql({ table: tables.instances, id: 'id', only: isOfGroup }, options, given)}) c`;
    }
    case 'paused':
      return walkSql({ table: tables.instances, id: 'id', only: 'r.paused' }, options, given);
    case 'tag':
      return walkSql(
        { table: tables.tags, id: 'saga_id', only: `r.tag = ${bind(tagDigest(source))}::uuid` },
        options,
        given,
      );
    case 'startKey': {
      const { separator, columns } = delimitedColumns([source.sagas]);
      return `
        select i.created_at, i.id, 0 as nth
          from unnest(string_to_array(${bind(columns[0])}, ${bind(separator)})) as w (saga)
          join ${tables.startKeys} k on k.saga = w.saga and k.key = ${bind(source.key)}
          join ${tables.instances} i on i.id = k.saga_id
         where ${['true', ...behind('i.created_at, i.id', options.query, given)].join(' and ')}`;
    }
    default:
      return source satisfies never;
  }
}

interface Walk {
  readonly table: string;
  readonly id: string;
  readonly only: string;
}

function walkSql({ table, id, only }: Walk, { query, limit }: PositionsOptions, given: Parameters): string {
  const conditions = [
    only,
    ...behind(`r.created_at, r.${id}`, query, given),
    ...createdConditions('r', boundsLeft(query), given),
  ];
  const order = orderBy('r', query.order, id);
  return `
    select r.created_at, r.${id} as id, row_number() over (${order}) as nth
      from ${table} r where ${conditions.join(' and ')} ${order} limit ${given.bind(limit)}::integer`;
}

/** A cursor lies behind the bound where the walk began. With both the walk could begin at that bound each time, and pass over all the pages before. */
function boundsLeft({ filter, order, after }: PositionsOptions['query']): CreatedRange {
  const { createdAfter, createdBefore } = filter;
  if (after === null) return { createdAfter, createdBefore };
  return order === 'newest' ? { createdAfter, createdBefore: undefined } : { createdAfter: undefined, createdBefore };
}

function behind(columns: string, { after, order }: PositionsOptions['query'], given: Parameters): readonly string[] {
  if (after === null) return [];
  const place = `${timeParameter(after.createdAt, given)}, ${given.bind(after.id)}::uuid`;
  return [`(${columns}) ${order === 'newest' ? '<' : '>'} (${place})`];
}

export function orderBy(row: string, order: InstanceQuery['order'], id = 'id'): string {
  const direction = order === 'newest' ? ' desc' : '';
  return `order by ${row}.created_at${direction}, ${row}.${id}${direction}`;
}
