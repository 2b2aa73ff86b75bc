import type { Database } from '@backstitch/postgres';
import type { SagaTables } from './saga-tables.js';

export interface PruneSagaOptions {
  readonly tables: SagaTables;
  readonly olderThanMs: number;
  readonly limit: number;
}

const isOver = (row: string): string =>
  `${row}.finished_at < statement_timestamp() - $1::float8 * interval '1 millisecond' and ${row}.due_from is null`;

// A child's id has the first 8 bytes of its parent's, whose version may be another: so a family lies together in the primary key, and whether all of
// it is over is one look at a few neighbours. What shares them by chance is waited for, no more.
const familyOf = (version: '4' | '7'): string => {
  const neighbours = `left(c.id::text, 14) || '${version}' || substr(c.id::text, 16, 3)`;
  return `f.id between (${neighbours} || '-0000-000000000000')::uuid and (${neighbours} || '-ffff-ffffffffffff')::uuid`;
};

// A letter that waits makes its instance due, and a row that somebody has locked may be about to get one: both stay. The start key stays too,
// so that a late repetition of the start does not start again. By `any(array(…))`, because a join lets the planner scan the tables.
export const pruneInstancesSql = ({ instances, journal, mailbox, tags, discards }: SagaTables): string => `
with old as materialized (
  select c.id, c.tags, c.created_at from ${instances} c
   where ${isOver('c')}
     and not exists (select from ${instances} f where ${familyOf('7')} and (${isOver('f')}) is not true)
     and not exists (select from ${instances} f where ${familyOf('4')} and (${isOver('f')}) is not true)
   order by c.finished_at limit $2
     for update skip locked
),
gone as (
  delete from ${instances} where id = any(array(select id from old)) returning id
),
entries as (
  delete from ${journal} where saga_id = any(array(select id from old))
),
letters as (
  delete from ${mailbox} where saga_id = any(array(select id from old))
),
counters as (
  delete from ${discards} where saga_id = any(array(select id::text from old))
),
labels as (
  delete from ${tags} t using (
    select o.id, o.created_at, encode(substring(sha256(convert_to(e.key || chr(31) || e.value, 'UTF8')) for 16), 'hex')::uuid as tag
      from old o cross join lateral jsonb_each_text(o.tags::jsonb) e where o.tags <> '{}'
  ) l
   where t.tag = l.tag and t.created_at = l.created_at and t.saga_id = l.id
)
select count(*)::integer as count from gone`;

/** The statistics may be of a time when the tables were empty, and a plan that scans them would be run at every batch. */
const byIndex = `select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)`;

/**
 * Deletes instances that finished longer ago than `olderThanMs`, with their journals, tags and counters, the oldest first; none of a family (a saga,
 * those it started, those they started) of which somebody lives or has finished later. Answers how many.
 */
export async function pruneInstances(
  database: Database<unknown>,
  { tables, olderThanMs, limit }: PruneSagaOptions,
): Promise<number> {
  return database.transaction(async (_trx, sql) => {
    await sql.query(byIndex);
    const { rows } = await sql.query<{ count: number }>(pruneInstancesSql(tables), [olderThanMs, limit]);
    return rows[0]?.count ?? 0;
  });
}
