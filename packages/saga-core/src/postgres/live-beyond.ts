import type { Sql } from '@backstitch/postgres';
import type { DefinitionKey, LiveDefinition } from '../engine/saga-store.js';
import { dueParameters } from './due-instances.js';

export interface LiveBeyondOptions {
  readonly table: string;
  /** Counts at most so many instances a definition. */
  readonly countTo: number;
}

// From one definition to the next in the index, so that the walk costs a few pages a definition, however many instances live on those that are
// known; only what is left is counted, and that to a bound.
const liveBeyondSql = (table: string): string => `
with recursive living (saga, version, hash) as (
  (select saga, version, hash from ${table}
    where finished_at is null or due_from is not null order by saga, version, hash limit 1)
  union all
  select n.saga, n.version, n.hash
    from living d cross join lateral (
      select i.saga, i.version, i.hash from ${table} i
       where (i.finished_at is null or i.due_from is not null) and (i.saga, i.version, i.hash) > (d.saga, d.version, d.hash)
       order by i.saga, i.version, i.hash limit 1
    ) n
)
select d.saga, d.version, d.hash, c.live, c.overdue
  from living d
 cross join lateral (
   select count(*)::integer as live, (count(*) filter (where wake_at < statement_timestamp() - interval '1 minute'))::integer as overdue
     from (
       select i.wake_at from ${table} i
        where i.saga = d.saga and i.version = d.version and i.hash = d.hash and (i.finished_at is null or i.due_from is not null) limit $5
     ) l
 ) c
 where c.live > 0
   and not exists (
     select from unnest(string_to_array($2, $1), string_to_array($3, $1), string_to_array($4, $1)) as k (saga, version, hash)
      where k.saga = d.saga and k.version = d.version::text and k.hash = d.hash
   )
 order by d.saga, d.version, d.hash`;

/** Definitions with live instances, or such with mail, that are not among these. */
export async function liveBeyond(
  sql: Sql,
  definitions: readonly DefinitionKey[],
  { table, countTo }: LiveBeyondOptions,
): Promise<readonly LiveDefinition[]> {
  const { rows } = await sql.query<LiveDefinition>(liveBeyondSql(table), [...dueParameters(definitions), countTo]);
  return rows.map(({ saga, version, hash, live, overdue }) => ({ saga, version, hash, live, overdue }));
}
