import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { Knex } from 'knex';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { childIdOf } from '../../src/engine/command-message.js';
import { uuidV7 } from '../../src/exchange/uuid-v7.js';
import { createSagaRetention, postgresSagaStore } from '../../src/postgres/index.js';
import { pruneDiscards } from '../../src/postgres/prune-discards.js';
import { pruneInstances } from '../../src/postgres/prune-instances.js';
import { pruneStartKeys } from '../../src/postgres/prune-start-keys.js';
import { sagaTables } from '../../src/postgres/saga-tables.js';
import { sample } from '../../src/testing/conformance/sample-instance.js';
import { indexesOf, nodesOf, scansOf, statementPlans } from './plans-of.js';
import { knexSagaDatabase, type SagaDatabase } from './saga-database.js';

const dayMs = 86_400_000;
const tables = sagaTables('backstitch');

let db: SagaDatabase<Knex.Transaction>;
beforeAll(async () => {
  db = await knexSagaDatabase();
});
afterAll(() => db.end());
afterEach(async () => {
  for (const table of Object.values(tables)) await db.database.sql.query(`delete from ${table}`);
});

/** `days` since its end; a `null` for what has not ended. */
interface Row {
  readonly id?: string;
  readonly status?: 'running' | 'compensating' | 'parked' | 'completed' | 'compensated';
  readonly days?: number;
  readonly hasMail?: boolean;
}

const isOver = ({ status = 'completed', days = 40, hasMail = false }: Row): boolean =>
  (status === 'completed' || status === 'compensated') && days > 30 && !hasMail;

async function insert(...rows: readonly Row[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const { id = uuidV7(Date.now()), status = 'completed', days = 40, hasMail = false } of rows) {
    const ended = status === 'completed' || status === 'compensated';
    const wakes = hasMail || status === 'running' || status === 'compensating';
    await db.database.sql.query(
      `insert into ${tables.instances}
         (id, saga, version, hash, status, state, wake_at, due_from, created_at, updated_at, finished_at)
       select $1, 'place-order', 1, 'aa11', $2, '{"status":"x","steps":{}}', t.wake, t.wake, t.at, t.at, case when $3 then t.at end
         from (select now() - $4::float8 * interval '1 day' as at, case when $5 then now() end as wake) t`,
      [id, status, ended, days, wakes],
    );
    await db.database.sql.query(
      `insert into ${tables.journal} (saga_id, seq, at, entry) select $1::uuid, n, now(), '{}' from generate_series(1, 3) n`,
      [id],
    );
    ids.push(id);
  }
  return ids;
}

const left = async (table: string, column: string): Promise<readonly string[]> => {
  const { rows } = await db.database.sql.query<{ id: string }>(`select distinct ${column}::text as id from ${table}`);
  return rows.map((row) => row.id).sort();
};
const instancesLeft = () => left(tables.instances, 'id');
const retention = (batchSize = 200) => createSagaRetention({ database: db.database, keepMs: 30 * dayMs, batchSize });

describe('the retention of sagas', () => {
  it('deletes what ended long enough ago, with its journal, and nothing that lives, is parked or ended of late', async () => {
    const [completed, compensated, ...others] = await insert(
      {},
      { status: 'compensated' },
      { status: 'running', days: 400 },
      { status: 'compensating', days: 400 },
      { status: 'parked', days: 400 },
      { days: 29 },
      { hasMail: true },
    );
    expect(await retention().runOnce()).toEqual({ instances: 2, startKeys: 0, discards: 0 });
    expect(await instancesLeft()).toEqual([...others].sort());
    expect(await left(tables.journal, 'saga_id')).toEqual([...others].sort());
    expect(others).not.toContain(completed ?? compensated);
  });

  it('takes tags and counters along, leaves the start key until it is old, and then that goes too', async () => {
    const store = postgresSagaStore({ database: db.database });
    const { now } = await store.load([]);
    const given = sample({
      now,
      tags: { order: 'o-1', Großkunde: 'ja' },
      startKey: 'o-1',
      state: { status: 'completed' },
      wakeAt: null,
    });
    const young = sample({ now, tags: { order: 'o-1' } });
    const { id } = given.instance;
    await store.transaction(async (tx) => {
      await tx.claimStartKey({ saga: 'place-order', key: 'o-1', fingerprint: 'f', sagaId: id });
      await tx.claimStartKey({ saga: 'place-order', key: 'o-2', fingerprint: 'f', sagaId: young.instance.id });
      await tx.insert([given, young]);
    });
    await store.countDiscards([
      { sagaId: id, step: 'reserve', reason: 'late', count: 2 },
      { sagaId: young.instance.id, step: 'reserve', reason: 'late', count: 1 },
      { sagaId: 'of nobody', step: '', reason: 'late', count: 1 },
    ]);
    const age = (table: string, ...columns: readonly string[]) =>
      db.database.sql.query(
        `update ${table} set ${columns.map((column) => `${column} = ${column} - interval '40 days'`).join(', ')}`,
      );
    await age(tables.instances, 'created_at', 'finished_at');
    await age(tables.tags, 'created_at');
    await age(tables.startKeys, 'created_at');
    await db.database.sql.query(
      `update ${tables.discards} set last_at = last_at - interval '40 days' where saga_id = 'of nobody'`,
    );
    expect(await retention().runOnce()).toEqual({ instances: 1, startKeys: 0, discards: 1 });
    expect(await left(tables.tags, 'saga_id')).toEqual([young.instance.id]);
    expect(await left(tables.discards, 'saga_id')).toEqual([young.instance.id]);
    expect(await left(tables.startKeys, 'key')).toEqual(['o-1', 'o-2']);
    await age(tables.startKeys, 'created_at');
    await age(tables.startKeys, 'created_at');
    expect(await retention().runOnce()).toEqual({ instances: 0, startKeys: 1, discards: 0 });
    expect(await left(tables.startKeys, 'key'), 'the key of what lives stays').toEqual(['o-2']);
  });

  it('keeps a family together while one of it lives, is parked or ended of late', async () => {
    const row = fc.record({
      status: fc.constantFrom('completed', 'completed', 'completed', 'compensated', 'running', 'parked' as const),
      days: fc.constantFrom(40, 40, 400, 3),
      hasMail: fc.constantFrom(false, false, false, true),
    });
    const family = fc.record({
      version: fc.constantFrom(4, 7),
      root: row,
      children: fc.array(fc.record({ row, children: fc.array(row, { maxLength: 2 }) }), { maxLength: 3 }),
    });
    const run = async (
      families: readonly (typeof family extends fc.Arbitrary<infer T> ? T : never)[],
    ): Promise<void> => {
      for (const table of [tables.instances, tables.journal]) await db.database.sql.query(`delete from ${table}`);
      const expected: string[] = [];
      for (const { version, root, children } of families) {
        const rootId = version === 4 ? randomUUID() : uuidV7(Date.now());
        const kin: Row[] = [{ ...root, id: rootId }];
        for (const [place, child] of children.entries()) {
          const id = childIdOf(rootId, `${rootId}/pay/${place}/do`);
          kin.push({ ...child.row, id });
          kin.push(...child.children.map((each, at) => ({ ...each, id: childIdOf(id, `${id}/pack/${at}/do`) })));
        }
        await insert(...kin);
        if (!kin.every(isOver)) expected.push(...kin.map((each) => each.id ?? ''));
      }
      while ((await retention(3).runOnce()).instances > 0);
      expect(await instancesLeft()).toEqual(expected.sort());
    };
    await fc.assert(fc.asyncProperty(fc.array(family, { minLength: 1, maxLength: 4 }), run), { numRuns: 25 });
  });

  it('passes over an instance that somebody has locked, without waiting', async () => {
    const [locked] = await insert({}, {});
    const deleted = await db.database.transaction(async (_trx, sql) => {
      await sql.query(`select from ${tables.instances} where id = $1 for update`, [locked]);
      return pruneInstances(db.database, { tables, olderThanMs: dayMs, limit: 10 });
    });
    expect([deleted, await instancesLeft()]).toEqual([1, [locked]]);
  });

  it('may run several times at once: each instance goes once', async () => {
    await insert(...Array.from({ length: 60 }, () => ({})), { days: 3 });
    const drain = async (): Promise<number> => {
      let deleted = 0;
      for (let batch = 1; batch > 0; deleted += batch) batch = (await retention(7).runOnce()).instances;
      return deleted;
    };
    const counts = await Promise.all([drain(), drain(), drain()]);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(60);
    expect([(await instancesLeft()).length, (await left(tables.journal, 'saga_id')).length]).toEqual([1, 1]);
  });

  it('refuses times that would forget a start before its instance', () => {
    const options = { database: db.database, keepMs: 30 * dayMs };
    expect(() => createSagaRetention({ ...options, keepStartKeysMs: dayMs })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }) as Error,
    );
    expect(() => createSagaRetention({ ...options, keepMs: 0 })).toThrow('keepMs is 0');
  });
});

describe('with 30,000 instances that ended, few of them long ago', () => {
  it.each(['analysed', 'stale'])('pruning looks at those by index, and at their kin (%s)', async (statistics) => {
    const { sql } = db.database;
    const all = Object.values(tables).join(', ');
    await sql.query(`analyze ${all}`);
    await sql.query(`insert into ${tables.instances}
        (id, saga, version, hash, status, state, tags, created_at, updated_at, finished_at)
      select (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000000')::uuid, 'place-order', 1, 'aa11', 'completed', '{"steps":{}}',
             '{"order":"o-1"}', now(), now(), now() - case when n <= 20 then interval '40 days' else interval '1 day' end
        from generate_series(1, 30000) n`);
    await sql.query(
      `insert into ${tables.journal} (saga_id, seq, at, entry) select id, 1, now(), '{}' from ${tables.instances}`,
    );
    await sql.query(`insert into ${tables.startKeys} (saga, key, fingerprint, saga_id, created_at)
      select saga, id::text, 'f', gen_random_uuid(), finished_at - interval '60 days' from ${tables.instances}`);
    await sql.query(`insert into ${tables.discards} (saga_id, step, reason, count, last_at)
      select id::text, 'x', 'late', 1, finished_at from ${tables.instances}`);
    if (statistics === 'analysed') await sql.query(`analyze ${all}`);
    const old = { tables, olderThanMs: 30 * dayMs, limit: 200 };
    const instances = await statementPlans(db.database, async (explaining) => {
      const within = {
        ...db.database,
        transaction: <T>(work: (trx: never, sql: typeof explaining) => Promise<T>) =>
          work(undefined as never, explaining),
      };
      await pruneInstances(within, old);
    });
    const nodes = instances.flatMap(nodesOf);
    for (const table of ['saga_instances', 'saga_journal', 'saga_tags', 'saga_discards']) {
      expect(scansOf(nodes, table)).toEqual([]);
    }
    expect(indexesOf(nodes)).toEqual(
      expect.arrayContaining(['saga_instances_finished', 'saga_instances_pkey', 'saga_journal_pkey']),
    );
    if (statistics === 'stale') return;
    const others = await statementPlans(db.database, async (explaining) => {
      await pruneStartKeys(explaining, { ...old, olderThanMs: 90 * dayMs });
      await pruneDiscards(explaining, old);
    });
    expect(indexesOf(others.flatMap(nodesOf))).toEqual(
      expect.arrayContaining(['saga_start_keys_age', 'saga_discards_age']),
    );
    expect(scansOf(others.flatMap(nodesOf), 'saga_discards')).toEqual([]);
  });
});
