import type { Sql } from '@backstitch/postgres';
import type { LockAnswer } from '../machine/saga-input.js';

const firstsSql = (table: string): string => `
select h.lock_key, h.place::text as place, h.saga_id = m.saga_id as is_first
  from ${table} m
 cross join lateral (select l.lock_key, l.place, l.saga_id from ${table} l where l.lock_key = m.lock_key order by l.place limit 1) h
 where m.saga_id = $1::uuid`;

// Conflicts with a delete and with nothing else. What somebody is deleting is skipped, not waited for: that one may be about to wake the very
// instance whose row this transaction holds.
const stayingSql = (table: string): string => `
select l.place from ${table} l
  join (${firstsSql(table)}) f on f.lock_key = l.lock_key and f.place::bigint = l.place
 where not f.is_first
   for key share of l skip locked`;

/**
 * Whether an instance is the first in all its queues.
 *
 * Whoever leaves a queue tells the one behind it, if it can see it: it cannot see one whose start had not committed yet. So an instance looks by itself
 * once its start has committed. It finds the holder's row either still standing, and then the holder will see it when it leaves; or being deleted
 * by a transaction that may have looked too early, and then it has to look again.
 */
export async function checkLocks(sql: Sql, sagaId: string, { table }: { readonly table: string }): Promise<LockAnswer> {
  const { rows } = await sql.query<{ is_first: boolean }>(firstsSql(table), [sagaId]);
  const before = rows.filter(({ is_first }) => !is_first).length;
  if (before === 0) return 'granted';
  const staying = await sql.query(stayingSql(table), [sagaId]);
  return staying.rows.length >= before ? 'held' : 'leaving';
}
