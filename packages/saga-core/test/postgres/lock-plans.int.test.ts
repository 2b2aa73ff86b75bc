import type { Sql } from '@backstitch/postgres';
import type { Knex } from 'knex';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkLocks } from '../../src/postgres/check-locks.js';
import { enqueueLocks } from '../../src/postgres/enqueue-locks.js';
import { lockQueue } from '../../src/postgres/lock-queue.js';
import { releaseLocks } from '../../src/postgres/release-locks.js';
import { sagaTables } from '../../src/postgres/saga-tables.js';
import { knexSagaDatabase, type SagaDatabase } from './saga-database.js';

const tables = sagaTables('backstitch');
const table = tables.locks;
const idOf = (place: number): string => `00000000-0000-7000-8000-${String(place).padStart(12, '0')}`;
let db: SagaDatabase<Knex.Transaction>;

beforeAll(async () => {
  db = await knexSagaDatabase();
  const { sql } = db.database;
  await sql.query(`
    insert into backstitch.saga_instances (id, saga, version, hash, status, state, wake_at, due_from, created_at, updated_at)
    select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'place-order', 1, 'aa11', 'running', '{}', now(), now(), now(), now()
      from generate_series(1, 20000) n`);
  // Ten thousand keys with a holder and one who waits, and one key that everybody of the first five hundred wants.
  await sql.query(`insert into backstitch.saga_locks (lock_key, saga_id) select 'k' || ((n - 1) % 10000), id from (
    select row_number() over (order by id) as n, id from backstitch.saga_instances) i order by n`);
  await sql.query(
    `insert into backstitch.saga_locks (lock_key, saga_id)
    select 'hot', id from backstitch.saga_instances where id <= $1 order by id`,
    [idOf(500)],
  );
  await sql.query('analyze');
});
afterAll(() => db.end());

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** How the lock table is read by what an operation runs: each statement is planned, then run, and all is rolled back. */
async function readsOf(operation: (sql: Sql) => Promise<unknown>): Promise<readonly string[]> {
  const reads = new Set<string>();
  const walk = (node: PlanNode): void => {
    if (node['Relation Name'] === 'saga_locks' && node['Node Type'] === 'Seq Scan') reads.add('the whole table');
    if (node['Index Name']?.startsWith('saga_locks') === true) reads.add(node['Index Name']);
    for (const below of node.Plans ?? []) walk(below);
  };
  const undo = new Error('undo');
  const run = db.database.transaction(async (_trx, sql) => {
    const explaining: Sql = {
      async query(text, values) {
        if (/^\s*(?:select|insert|delete)/.test(text)) {
          const { rows } = await sql.query<{ 'QUERY PLAN': readonly [{ Plan: PlanNode }] }>(
            `explain (format json) ${text}`,
            values,
          );
          for (const row of rows) walk(row['QUERY PLAN'][0].Plan);
        }
        return sql.query(text, values);
      },
    };
    await operation(explaining);
    throw undo;
  });
  await run.catch((error: unknown) => {
    if (error !== undo) throw error;
  });
  return [...reads].sort();
}

const queue = 'saga_locks_pkey';
const own = 'saga_locks_of';

it('a start looks at the head of each of its queues', async () => {
  const keys = ['hot', 'k1', 'k2', 'new'];
  const request = { sagaId: idOf(20_000), keys, whenHeld: 'wait' } as const;
  expect(await readsOf((sql) => enqueueLocks(sql, request, { table, lockTimeoutMs: 1_000 }))).toEqual([queue]);
});

it('who waits looks at its own places and at the heads of their queues', async () => {
  expect(await readsOf((sql) => checkLocks(sql, idOf(300), { table }))).toEqual([own, queue]);
});

it('who leaves deletes its own places and looks at the heads behind them', async () => {
  expect(await readsOf((sql) => releaseLocks(sql, [idOf(1), idOf(2)], { tables }))).toEqual([own, queue]);
});

it('a view asks for the places of its instances and for what stands beside them in their queues', async () => {
  expect(await readsOf((sql) => lockQueue(sql, [idOf(7), idOf(400)], { table }))).toEqual([own, queue]);
});
