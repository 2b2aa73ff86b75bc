import { delimitedColumns, type Sql } from '@backstitch/postgres';
import type { LockRequest } from '../engine/saga-store.js';
import type { LockTaken } from '../machine/saga-input.js';
import { SagaError } from '../errors.js';
import { withLockTimeout } from './with-lock-timeout.js';

// In one order for everybody, and all of them before the first place is drawn: whoever shares two keys with another one stands before it in
// both queues or in neither, and places are given in the order of the commits.
const turnSql = `
select current_setting('transaction_isolation') as isolation, count(pg_advisory_xact_lock(turn)) as turns from (
  select distinct hashtextextended('backstitch.saga.lock:' || $3 || chr(10) || lock_key, 0) as turn
    from unnest(string_to_array($2, $1)) as g (lock_key) order by 1
) ordered`;

const firstSql = (table: string): string => `
select g.lock_key, h.saga_id
  from unnest(string_to_array($2, $1)) as g (lock_key)
 cross join lateral (select l.saga_id from ${table} l where l.lock_key = g.lock_key order by l.place limit 1) h
 order by g.lock_key limit 1`;

const insertSql = (table: string): string => `
insert into ${table} (lock_key, saga_id) select lock_key, $3::uuid from unnest(string_to_array($2, $1)) as g (lock_key) order by lock_key`;

export interface EnqueueLocksOptions {
  readonly table: string;
  readonly lockTimeoutMs: number;
}

/** Puts an instance into the queues of its keys. Starts on one key take turns until they commit, waiting at most `lockTimeoutMs` for each other. */
export async function enqueueLocks(
  sql: Sql,
  { sagaId, keys, whenHeld, patienceMs }: LockRequest,
  { table, lockTimeoutMs }: EnqueueLocksOptions,
): Promise<LockTaken> {
  const { separator, columns } = delimitedColumns([keys]);
  const parameters = [separator, ...columns];
  const turn = await withLockTimeout(sql, patienceMs ?? lockTimeoutMs, () =>
    sql.query<{ isolation: string }>(turnSql, [...parameters, table]),
  );
  if (turn.kind === 'busy') return turn;
  const isolation = turn.value.rows[0]?.isolation ?? '';
  // A snapshot from before the turn shows queues as they were: it may lack the holder.
  const isBlind = isolation !== 'read committed';
  if (isBlind && whenHeld === 'refuse') throw blind(isolation);
  const { rows } = await sql.query<{ lock_key: string; saga_id: string }>(firstSql(table), parameters);
  const [first] = rows;
  if (first !== undefined && whenHeld === 'refuse')
    return { kind: 'refused', key: first.lock_key, heldBy: first.saga_id };
  await sql.query(insertSql(table), [...parameters, sagaId]);
  // Who waits looks again after the commit, with a new snapshot.
  return first === undefined && !isBlind ? { kind: 'held' } : { kind: 'waiting' };
}

function blind(isolation: string): SagaError {
  return new SagaError('OPTION_INVALID', `locks cannot be refused in a transaction that is ${isolation}`, {
    fields: { field: 'trx', isolation },
    hint: "start it in a transaction that is READ COMMITTED, or let it wait: whenHeld: 'wait'",
  });
}
