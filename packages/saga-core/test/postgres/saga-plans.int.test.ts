import type { Sql } from '@backstitch/postgres';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredInstance } from '../../src/engine/saga-store.js';
import { claimFenceRow } from '../../src/postgres/claim-fence-row.js';
import { dueInstances } from '../../src/postgres/due-instances.js';
import { postgresSagaStore } from '../../src/postgres/index.js';
import { countStandings } from '../../src/postgres/count-standings.js';
import { liveBeyond } from '../../src/postgres/live-beyond.js';
import { liveHashes } from '../../src/postgres/live-hashes.js';
import { liveIds } from '../../src/postgres/live-ids.js';
import { lockInstances } from '../../src/postgres/lock-instances.js';
import { pruneFenceRows } from '../../src/postgres/prune-fence-rows.js';
import { readInstances } from '../../src/postgres/read-instances.js';
import { readLetters } from '../../src/postgres/read-letters.js';
import { sagaTables } from '../../src/postgres/saga-tables.js';
import { updateInstances } from '../../src/postgres/update-instances.js';
import { placeOrder, sample, succeeded } from '../../src/testing/conformance/sample-instance.js';
import { indexesOf, nodesOf, type PlanNode, scansOf, statementPlans } from './plans-of.js';
import { knexSagaDatabase, type SagaDatabase } from './saga-database.js';

const tables = sagaTables('backstitch');
const idOf = (place: number): string => `00000000-0000-7000-8000-${String(place).padStart(12, '0')}`;
/** A few that are live, behind many that have finished or belong to somebody else. */
const fewIds = Array.from({ length: 20 }, (_, place) => idOf(100_001 + place));

let db: SagaDatabase<Knex.Transaction>;

beforeAll(async () => {
  db = await knexSagaDatabase();
  const { sql } = db.database;
  const rows = (from: number, to: number, values: string): string => `
    insert into backstitch.saga_instances
      (id, saga, version, hash, status, input, state, wake_at, due_from, created_at, updated_at, finished_at)
    select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, ${values}
      from generate_series(${from}, ${to}) n`;
  const written = `'{}', '{"status":"completed","steps":{}}'`;
  const finished = `'place-order', 1, 'aa11', 'completed', ${written}, null, null, now(), now(), now()`;
  await sql.query(rows(1, 100_000, finished));
  const due = `now() - interval '1 minute', now() - interval '1 minute', now(), now(), null`;
  await sql.query(rows(100_001, 100_020, `'place-order', 1, 'aa11', 'running', ${written}, ${due}`));
  await sql.query(rows(100_021, 105_000, `'place-order', 2, 'bb22', 'running', ${written}, ${due}`));
  await sql.query(`
    insert into backstitch.saga_journal (saga_id, seq, at, entry)
    select i.id, n, now(), '{"seq":' || n || ',"at":1,"cause":{"kind":"started"},"events":[]}'
      from backstitch.saga_instances i, generate_series(1, 2) n`);
  await sql.query(`
    insert into backstitch.saga_fence (saga_id, step, item, round, status, settled_at)
    select n::text, 'reserve', -1, 1, 'succeeded', now() - n * interval '1 second' from generate_series(1, 100000) n`);
  await sql.query(`
    insert into backstitch.saga_mailbox (saga_id, id, input)
    select gen_random_uuid(), n::text, '{}' from generate_series(1, 20000) n`);
  await sql.query('analyze');
});
afterAll(() => db.end());

const plansOf = async (operation: (sql: Sql) => Promise<unknown>): Promise<readonly PlanNode[]> =>
  (await statementPlans(db.database, operation)).flatMap(nodesOf);

describe('on a table full of what has finished', () => {
  it('the poller walks the due instances of its own definitions in their order, and nothing else', async () => {
    const nodes = await plansOf((sql) => dueInstances(sql, [placeOrder], { table: tables.instances, limit: 10 }));
    expect(scansOf(nodes, 'saga_instances')).toEqual([]);
    expect(indexesOf(nodes)).toEqual(['saga_instances_live']);
    expect(nodes.reduce((sum, node) => sum + (node['Rows Removed by Filter'] ?? 0), 0)).toBe(0);
  });

  it('the count of live instances reads only those', async () => {
    const nodes = await plansOf((sql) => liveHashes(sql, { ...placeOrder, table: tables.instances }));
    expect(scansOf(nodes, 'saga_instances')).toEqual([]);
    expect(indexesOf(nodes)).toEqual(['saga_instances_live']);
  });

  it('what a migration, the report of unknown versions and a check ask reads live instances only', async () => {
    const table = tables.instances;
    const [ids, beyond, standings] = await Promise.all([
      plansOf((sql) => liveIds(sql, { ...placeOrder, table, after: null, limit: 10 })),
      plansOf((sql) => liveBeyond(sql, [{ ...placeOrder, version: 2, hash: 'bb22' }], { table, countTo: 10 })),
      plansOf((sql) => countStandings(sql, { table })),
    ]);
    for (const nodes of [ids, beyond, standings]) {
      expect(scansOf(nodes, 'saga_instances')).toEqual([]);
      expect(indexesOf(nodes)).toEqual(['saga_instances_live']);
    }
    // Of a version that is known, one entry is read and not five thousand.
    const read = beyond.filter((node) => node['Relation Name'] === 'saga_instances');
    expect(read.reduce((sum, node) => sum + (node['Actual Rows'] ?? 0) * (node['Actual Loops'] ?? 1), 0)).toBeLessThan(
      50,
    );
  });

  it('instances are read with their journals, locked and saved by their keys', async () => {
    let stored: readonly StoredInstance[] = [];
    const read = await plansOf(async (sql) => {
      // Explained statements answer their rows as well: what was read is saved below.
      stored = (await readInstances(sql, fewIds, { tables })).instances;
    });
    expect(stored).toHaveLength(fewIds.length);
    const locked = await plansOf((sql) => lockInstances(sql, fewIds, { table: tables.instances }));
    const saved = await plansOf((sql) =>
      updateInstances(
        sql,
        stored.map((each) => succeeded(each)),
        { tables },
      ),
    );
    for (const nodes of [read, locked, saved]) {
      expect(scansOf(nodes, 'saga_instances')).toEqual([]);
      expect(scansOf(nodes, 'saga_journal')).toEqual([]);
      expect(scansOf(nodes, 'saga_mailbox')).toEqual([]);
      expect(indexesOf(nodes)).toContain('saga_instances_pkey');
    }
    expect(indexesOf(read)).toContain('saga_journal_pkey');
  });

  it('letters are found by their instances', async () => {
    const nodes = await plansOf((sql) => readLetters(sql, fewIds, { table: tables.mailbox }));
    expect(scansOf(nodes, 'saga_mailbox')).toEqual([]);
  });

  it('the fence is claimed by its key and pruned by age, oldest first', async () => {
    const table = 'backstitch.saga_fence';
    const key = { sagaId: '500', step: 'reserve', item: -1, round: 1 };
    expect(indexesOf(await plansOf((sql) => claimFenceRow(sql, key, { table })))).toContain('saga_fence_pkey');
    const pruned = await plansOf((sql) => pruneFenceRows(sql, { table, olderThanMs: 90_000_000, limit: 100 }));
    expect(scansOf(pruned, 'saga_fence')).toEqual([]);
    expect(indexesOf(pruned)).toContain('saga_fence_age');
  });
});

describe('a step that answers within ten seconds', () => {
  it('is a heap-only update: its new deadline touches no index', async () => {
    const store = postgresSagaStore({ database: db.database });
    const given = sample({ now: Date.now(), wakeInMs: 30_000 });
    const { id } = given.instance;
    await store.transaction((tx) => tx.insert([given]));
    const counts = await db.database.transaction(async (trx, sql) => {
      const tx = store.within(trx);
      // Counts of earlier transactions of this session may not have been handed in yet, and are in here too.
      const count = async (): Promise<{ readonly updated: number; readonly hot: number }> => {
        const { rows } = await sql.query<{ updated: number; hot: number }>(`
          select n_tup_upd::integer as updated, n_tup_hot_upd::integer as hot
            from pg_stat_xact_user_tables where schemaname = 'backstitch' and relname = 'saga_instances'`);
        return rows[0] ?? { updated: 0, hot: 0 };
      };
      const before = await count();
      for (const delayMs of [31_000, 33_000, 39_000]) {
        const [stored] = await tx.lock([id]);
        if (stored === undefined) throw new Error('the instance is gone');
        await tx.save([succeeded(stored, { wakeAt: (given.wakeAt ?? 0) - 30_000 + delayMs })]);
      }
      const after = await count();
      return { updated: after.updated - before.updated, hot: after.hot - before.hot };
    });
    expect(counts).toEqual({ updated: 3, hot: 3 });
  });
});
