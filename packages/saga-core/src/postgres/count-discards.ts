import { delimitedColumns, type Sql } from '@backstitch/postgres';
import type { DiscardCount } from '../engine/saga-store.js';
import { nowTime } from './database-time.js';
import { storableText } from './storable-text.js';

const longest = 200;

// Ordered, so that two batches with the same counters do not deadlock.
const countSql = (table: string): string => `
insert into ${table} as c (saga_id, step, reason, count, last_at)
select coalesce(saga_id, ''), coalesce(step, ''), coalesce(reason, ''), count::bigint, ${nowTime}
  from unnest(string_to_array($2, $1), string_to_array($3, $1), string_to_array($4, $1), string_to_array($5, $1))
       as g (saga_id, step, reason, count)
 order by 1, 2, 3
on conflict (saga_id, step, reason) do update set count = c.count + excluded.count, last_at = greatest(c.last_at, excluded.last_at)`;

/** Adds to the counters in one statement. */
export async function countDiscards(
  sql: Sql,
  discards: readonly DiscardCount[],
  options: { readonly table: string },
): Promise<void> {
  const merged = mergeDiscards(discards);
  if (merged.length === 0) return;
  const { separator, columns } = delimitedColumns([
    merged.map(({ sagaId }) => sagaId),
    merged.map(({ step }) => step),
    merged.map(({ reason }) => reason),
    merged.map(({ count }) => String(count)),
  ]);
  await sql.query(countSql(options.table), [separator, ...columns]);
}

/** One a counter, with names as they can be stored: a statement cannot touch a row twice. */
export function mergeDiscards(discards: readonly DiscardCount[]): readonly DiscardCount[] {
  const merged = new Map<string, DiscardCount>();
  for (const given of discards) {
    const [sagaId, step, reason] = [given.sagaId, given.step, given.reason].map((text) =>
      storableText(text, longest),
    ) as [string, string, string];
    const key = JSON.stringify([sagaId, step, reason]);
    merged.set(key, { sagaId, step, reason, count: (merged.get(key)?.count ?? 0) + given.count });
  }
  return [...merged.values()].filter(({ count }) => count > 0);
}
