import type { Sql } from '@backstitch/postgres';
import type { SagaStatus } from '../machine/instance.js';
import { parameters } from './parameters.js';

/** Instances of one saga, version and status: a stretch of the index `saga_instances_listed`. */
export interface InstanceGroup {
  readonly saga: string;
  readonly version: number;
  readonly status: SagaStatus;
}

export interface GroupsWanted {
  readonly saga?: string;
  readonly version?: number;
  readonly statuses?: readonly SagaStatus[];
}

interface Walk {
  readonly only: string;
  readonly behind: string;
}

// From each group the index is asked for the first entry behind it: as many short walks as there are groups, however many instances they have.
// Behind a saga that is given only the rest of the key may be compared: with both, the walk would begin at that saga's first entry each time.
const groupsSql = (table: string, { only, behind }: Walk): string => `
with recursive g as (
  (select r.saga, r.version, r.status from ${table} r where ${only} order by r.saga, r.version, r.status limit 1)
  union all
  select n.saga, n.version, n.status
    from g cross join lateral (
      select r.saga, r.version, r.status from ${table} r
       where ${only} and ${behind}
       order by r.saga, r.version, r.status limit 1
    ) n
)
select saga, version, status from g`;

/** Which groups there are of those wanted. */
export async function readGroups(
  sql: Sql,
  { saga, version, statuses }: GroupsWanted,
  options: { readonly table: string },
): Promise<readonly InstanceGroup[]> {
  const { values, bind } = parameters();
  const walk: Walk =
    saga === undefined
      ? { only: 'true', behind: '(r.saga, r.version, r.status) > (g.saga, g.version, g.status)' }
      : { only: `r.saga = ${bind(saga)}`, behind: '(r.version, r.status) > (g.version, g.status)' };
  const { rows } = await sql.query<InstanceGroup>(groupsSql(options.table, walk), values);
  return rows.filter(
    (group) =>
      (version === undefined || group.version === version) &&
      (statuses === undefined || statuses.includes(group.status)),
  );
}
