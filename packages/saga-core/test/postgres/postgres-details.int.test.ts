import { migrate } from '@backstitch/postgres';
import type { Knex } from 'knex';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SagaTransaction } from '../../src/engine/saga-store.js';
import {
  fenceMigrations,
  migrateParticipant,
  migrateSagas,
  postgresFenceStore,
  postgresSagaStore,
} from '../../src/postgres/index.js';
import { lockInstances } from '../../src/postgres/lock-instances.js';
import { insertSample, sample } from '../../src/testing/conformance/sample-instance.js';
import { knexSagaDatabase, type SagaDatabase } from './saga-database.js';

let db: SagaDatabase<Knex.Transaction>;
beforeAll(async () => {
  db = await knexSagaDatabase();
});
afterEach(() => stage().close());
afterAll(() => db.end());

const stage = () => db.sagaStore({ lockTimeoutMs: 100, quarantineRows: 100 });
const claim = { saga: 'place-order', key: 'k', fingerprint: 'f', sagaId: '0198b1c2-0000-7000-8000-000000000001' };

describe('the saga store on Postgres', () => {
  it("puts the caller's own lock_timeout back, whatever became of the claim", async () => {
    const { store } = stage();
    const timeout = async (tx: SagaTransaction<Knex.Transaction>): Promise<string> => {
      const { rows } = (await tx.trx.raw("select current_setting('lock_timeout') as value")) as {
        rows: [{ value: string }];
      };
      return rows[0].value;
    };
    await store.transaction(async (rival) => {
      await rival.claimStartKey({ ...claim, key: 'held' });
      await store.transaction(async (tx) => {
        await tx.trx.raw("set local lock_timeout = '7s'");
        const answers = [
          await tx.claimStartKey(claim),
          await timeout(tx),
          await tx.claimStartKey(claim),
          await timeout(tx),
          await tx.claimStartKey({ ...claim, key: 'held' }),
          await timeout(tx),
        ];
        const { sagaId, fingerprint } = claim;
        expect(answers).toEqual([
          { kind: 'claimed' },
          '7s',
          { kind: 'taken', sagaId, fingerprint },
          '7s',
          { kind: 'busy' },
          '7s',
        ]);
      });
    });
  });

  it("hears of the end of a caller's knex transaction, of the outermost where it is nested", async () => {
    const { store, transaction } = stage();
    const heard: string[] = [];
    let inner: SagaTransaction<Knex.Transaction> | undefined;
    const ended = new Promise<void>((resolve) => {
      void transaction(async (trx) => {
        await trx.transaction(async (nested) => {
          inner = store.within(nested);
          inner.afterEnd(() => {
            heard.push(`end ${inner?.phase()}`);
            resolve();
          });
        });
        await trx.raw('select 1');
        heard.push(`between ${inner?.phase()}`);
      });
    });
    await ended;
    expect(heard).toEqual(['between open', 'end ended']);
  });

  it('lets the row of a live instance never be without a finite wake_at, whoever writes it', async () => {
    const { instance } = await insertSample(stage() as never);
    const change = (set: string) =>
      db.database.sql.query(`update backstitch.saga_instances set ${set} where id = $1`, [instance.id]);
    await expect(change('wake_at = null, due_from = null')).rejects.toMatchObject({
      code: '23514',
      constraint: 'saga_live_has_wake_at',
    });
    await expect(change(`wake_at = 'infinity'`)).rejects.toMatchObject({ code: '23514' });
    await expect(change('due_from = null')).rejects.toMatchObject({
      code: '23514',
      constraint: 'saga_due_before_wake',
    });
    await expect(change(`due_from = wake_at + interval '1 second'`)).rejects.toMatchObject({ code: '23514' });
    await expect(change(`status = 'completed'`)).rejects.toMatchObject({
      code: '23514',
      constraint: 'saga_finished_has_time',
    });
    await expect(change(`status = 'lost'`)).rejects.toMatchObject({ code: '23514' });
    await expect(change('wake_at = null, due_from = null, paused = true')).resolves.toMatchObject({ rowCount: 1 });
  });

  it('locks in id order, also where the planner walks the table as it lies on disk', async () => {
    const { store } = stage();
    const ids = [3, 1, 2].map((last) => `0198b1c2-0000-7000-8000-00000000000${last}`);
    for (const id of ids) await store.transaction((tx) => tx.insert([sample({ id })]));
    const order = await db.database.transaction(async (_trx, sql) => {
      await sql.query('set local enable_indexscan = off; set local enable_bitmapscan = off');
      return [...(await lockInstances(sql, ids, { table: 'backstitch.saga_instances' })).keys()];
    });
    expect(order).toEqual([...ids].sort());
  });

  it('says which instance cannot be read where its row was damaged', async () => {
    const opened = stage();
    const { instance } = await insertSample(opened as never);
    await db.database.sql.query(`update backstitch.saga_instances set state = '{' where id = $1`, [instance.id]);
    const fields = { sagaId: instance.id, column: 'state' };
    await expect(opened.store.load([instance.id])).rejects.toMatchObject({ code: 'STORED_STATE_UNREADABLE', fields });
  });

  it('refuses options that cannot work', () => {
    const { database } = db;
    expect(() => postgresSagaStore({ database, lockTimeoutMs: 0 })).toThrowError(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    );
    expect(() => postgresSagaStore({ database, quarantineRows: 1.5 })).toThrowError(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    );
    expect(() => postgresFenceStore({ database, schema: 'Pg' })).toThrowError(
      expect.objectContaining({ code: 'IDENTIFIER_INVALID' }),
    );
  });
});

describe('the migrations', () => {
  it('make the tables once, from many processes at once, in any schema', async () => {
    const { database } = db;
    const schema = 'shop_sagas';
    await Promise.all(Array.from({ length: 3 }, () => migrateSagas({ database, schema })));
    await migrateParticipant({ database, schema });
    expect(await migrate(database, { ...fenceMigrations, schema })).toEqual({ applied: [] });
    const store = postgresSagaStore({ database, schema });
    const given = sample();
    await store.transaction((tx) => tx.insert([given]));
    expect((await store.load([given.instance.id])).instances).toHaveLength(1);
    expect((await stage().store.load([given.instance.id])).instances).toEqual([]);
  });

  it("give a participant the fence and the outbox, and none of the orchestrator's tables", async () => {
    const { database } = db;
    await migrateParticipant({ database, schema: 'warehouse' });
    const { rows } = await database.sql.query<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'warehouse' order by tablename`,
    );
    expect(rows.map((row) => row.name)).toEqual([
      'fence_quarantine',
      'migrations',
      'outbox_audit',
      'outbox_events',
      'outbox_lane_releases',
      'saga_fence',
    ]);
  });
});
