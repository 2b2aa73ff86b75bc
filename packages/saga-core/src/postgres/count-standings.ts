import type { Sql } from '@backstitch/postgres';
import type { Standing } from '../engine/saga-store.js';
import type { SagaStatus, StepStatus } from '../machine/instance.js';

// Postgres unescapes the texts of JSON and refuses what it cannot hold (\u0000, lone surrogates), which a failure's message may hold: each \u is
// made /u, which nothing that is read here has in it. Names and statuses hold neither = nor blank.
const standingsSql = (table: string): string => `
select saga, version, hash, status, paused, standing, count(*)::integer as count
  from (
    select i.saga, i.version, i.hash, i.status, i.paused,
           (select coalesce(string_agg(s.key || '=' || (s.value ->> 'status'), ' ' order by s.key collate "C"), '')
              from json_each(replace(i.state, '\\u', '/u')::json -> 'steps') s) as standing
      from ${table} i
     where i.finished_at is null
  ) l
 group by saga, version, hash, status, paused, standing
 order by saga, version, hash, count desc, standing`;

interface Row extends Omit<Standing, 'steps' | 'status'> {
  readonly status: SagaStatus;
  readonly standing: string;
}

/** Where live instances stand, counted by the database: it reads each of them once. */
export async function countStandings(sql: Sql, options: { readonly table: string }): Promise<readonly Standing[]> {
  const { rows } = await sql.query<Row>(standingsSql(options.table));
  return rows.map(({ saga, version, hash, status, paused, standing, count }) => ({
    ...{ saga, version, hash, status, paused, count },
    steps: Object.fromEntries(
      standing.split(' ').flatMap((each) => {
        const [step, at] = each.split('=');
        return step === undefined || at === undefined ? [] : [[step, at as StepStatus] as const];
      }),
    ),
  }));
}
