import { delimitedColumns, type Sql } from '@backstitch/postgres';
import type { InstanceChange } from '../engine/saga-store.js';
import { nowTime, timeOf } from './database-time.js';
import type { SagaTables } from './saga-tables.js';

// A letter keeps its instance due, whatever the caller says who did not know of it. It is seen here because `post` holds the row's lock while
// it writes: what it wrote before our lock is in this statement's snapshot, what it writes after us finds our `wake_at` and lowers it.
const updateSql = ({ instances, mailbox }: SagaTables): string => `
with moment as materialized (select ${nowTime} as now),
given as materialized (
  select id::uuid, status, paused::boolean, state, ${timeOf('wake_at')} as wake_at
    from unnest(string_to_array($2, $1), string_to_array($3, $1), string_to_array($4, $1), string_to_array($5, $1), string_to_array($6, $1))
         as g (id, status, paused, state, wake_at)
),
next as materialized (
  select g.id, g.status, g.paused, g.state, m.now,
         case when exists (select from ${mailbox} l where l.saga_id = g.id) then least(g.wake_at, m.now) else g.wake_at end as wake_at
    from given g, moment m
)
update ${instances} i set
  status = n.status, paused = n.paused, state = n.state, wake_at = n.wake_at,
  due_from = case when i.due_from <= n.wake_at and i.due_from > n.wake_at - interval '10 seconds' then i.due_from else n.wake_at end,
  updated_at = n.now,
  finished_at = case when n.status in ('completed', 'compensated') then coalesce(i.finished_at, n.now) end,
  revision = i.revision + 1
from next n
where i.id = n.id`;

/** Writes the states of instances that the transaction has locked, in one statement. */
export async function updateInstances(
  sql: Sql,
  changes: readonly Pick<InstanceChange, 'instance' | 'wakeAt'>[],
  options: { readonly tables: SagaTables },
): Promise<void> {
  const { separator, columns } = delimitedColumns([
    changes.map(({ instance }) => instance.id),
    changes.map(({ instance }) => instance.state.status),
    changes.map(({ instance }) => (instance.state.pausedAt === undefined ? 'f' : 't')),
    changes.map(({ instance }) => JSON.stringify(instance.state)),
    changes.map(({ wakeAt }) => (wakeAt === null ? '' : String(wakeAt))),
  ]);
  await sql.query(updateSql(options.tables), [separator, ...columns]);
}
