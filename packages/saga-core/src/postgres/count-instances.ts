import { delimitedColumns, type Sql } from '@backstitch/postgres';
import type { Counted, CountQuery, InstanceCounts } from '../engine/instance-reads.js';
import { parameters } from './parameters.js';
import { readGroups } from './read-groups.js';

const countSql = (table: string): string => `
select (select count(*) from (
          select from ${table} r where r.saga = w.saga and r.version = w.version::integer and r.status = w.status limit $5) c)::float8 as count
  from unnest(string_to_array($2, $1), string_to_array($3, $1), string_to_array($4, $1)) with ordinality as w (saga, version, status, place)
 order by w.place`;

const pausedSql = (table: string, only: string, limit: string): string => `
select count(*)::float8 as count from (select from ${table} r where r.paused and ${only} limit ${limit}) c`;

/** How many instances there are, each number up to `countTo`. */
export async function countInstances(
  sql: Sql,
  { countTo, ...wanted }: CountQuery,
  options: { readonly table: string },
): Promise<InstanceCounts> {
  const groups = await readGroups(sql, wanted, options);
  const { separator, columns } = delimitedColumns([
    groups.map(({ saga }) => saga),
    groups.map(({ version }) => String(version)),
    groups.map(({ status }) => status),
  ]);
  const { rows } =
    groups.length === 0
      ? { rows: [] }
      : await sql.query<{ count: number }>(countSql(options.table), [separator, ...columns, countTo + 1]);
  const counted = groups.map((group, place) => ({ ...group, ...upTo(countTo, rows[place]?.count ?? 0) }));
  return { groups: counted, paused: await countPaused(sql, { countTo, ...wanted }, options) };
}

async function countPaused(
  sql: Sql,
  { countTo, saga, version }: CountQuery,
  options: { readonly table: string },
): Promise<Counted> {
  const { values, bind } = parameters();
  const only = [
    'true',
    ...(saga === undefined ? [] : [`r.saga = ${bind(saga)}`]),
    ...(version === undefined ? [] : [`r.version = ${bind(version)}::integer`]),
  ].join(' and ');
  const { rows } = await sql.query<{ count: number }>(pausedSql(options.table, only, bind(countTo + 1)), values);
  return upTo(countTo, rows[0]?.count ?? 0);
}

function upTo(countTo: number, found: number): Counted {
  return { count: Math.min(found, countTo), isMore: found > countTo };
}
