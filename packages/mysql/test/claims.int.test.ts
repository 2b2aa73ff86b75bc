import { randomUUID } from 'node:crypto';
import { describeWithMysql } from '@backstitch/devkit/mysql-testing';
import type { NewOutboxRow } from '@backstitch/outbox';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type MysqlSql, mysqlOutboxStore, mysqlOutboxTable } from '../src/index.js';
import { laneDigest } from '../src/outbox/born-rows.js';
import { findNextSql } from '../src/outbox/find-next-rows.js';
import { dueSql } from '../src/outbox/promote-due-rows.js';
import { oldSql } from '../src/outbox/prune-rows.js';
import { takeTurn } from '../src/outbox/take-turn.js';
import { type OutboxDatabase, outboxDatabase } from './outbox-database.js';

const events = 'backstitch_outbox_events';
const newRow = (given: Partial<NewOutboxRow> = {}): NewOutboxRow => ({
  ...{ id: randomUUID(), topic: 'orders', key: 'k1', payload: '{"n":1}', headers: {}, aggregateType: 'order' },
  ...{ aggregateId: 'k1', eventType: 'OrderPlaced', ordered: true },
  ...given,
});

describeWithMysql('a claim', () => {
  let db: OutboxDatabase;
  beforeAll(async () => {
    db = await outboxDatabase();
  });
  afterAll(() => db.end());
  afterEach(() => db.clear());

  const insert = (...rows: readonly NewOutboxRow[]) =>
    db.database.transaction((_trx, sql) => mysqlOutboxTable().insert(sql, rows));
  const store = () => mysqlOutboxStore({ database: db.database });
  const claimed = async () => (await store().claim({ limit: 100, leaseMs: 30_000 })).map((row) => row.id);

  it('gives nothing while another one is under way', async () => {
    await insert(newRow());
    const other = await db.knex.transaction();
    await other.raw('select slot from backstitch_outbox_locks where slot = 0 for update');
    const meanwhile = await claimed();
    await other.commit();
    expect(meanwhile).toEqual([]);
    expect(await claimed()).toHaveLength(1);
  });

  it('passes over a row that some transaction has locked, and over what is behind it, without waiting', async () => {
    const [locked, behind, other] = [newRow(), newRow(), newRow({ key: 'k2' })];
    await insert(locked, behind, other);
    const open = await db.knex.transaction();
    await open.raw(`select 1 from ${events} where id = ? for update`, [locked.id]);
    const whileLocked = await claimed();
    await open.rollback();
    expect(whileLocked).toEqual([other.id]);
    expect(await claimed()).toEqual([locked.id, behind.id]);
  });

  it('gives a row to only one of many that claim at the same time', async () => {
    await insert(...Array.from({ length: 60 }, (_, index) => newRow({ key: `k${index % 7}` })));
    const seen: string[] = [];
    while (seen.length < 60) {
      const rounds = await Promise.all([1, 2, 3, 4].map(() => store().claim({ limit: 5, leaseMs: 30_000 })));
      const rows = rounds.flat();
      seen.push(...rows.map((row) => row.id));
      await store().settle(rows.map(({ id, epoch }) => ({ id, epoch, outcome: { kind: 'sent' } })));
    }
    expect(new Set(seen).size).toBe(60);
  });

  it('loses its turn where it hangs in the middle, and another one claims', async () => {
    await insert(newRow());
    let goOn = (): void => undefined;
    const went = new Promise<void>((resolve) => (goOn = resolve));
    const hanging = db.database.transaction(async (_trx, sql) => {
      expect(await takeTurn(sql, 'backstitch_outbox_locks', () => went.then(() => 'mine'))).toBe('mine');
    });
    hanging.catch(() => undefined);
    let rows: readonly string[] = [];
    while (rows.length === 0) {
      await db.database.sql.query('do sleep(0.1)');
      rows = await claimed();
    }
    goOn();
    expect(rows).toHaveLength(1);
    await expect(hanging).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });

  it('leaves its session as it was', async () => {
    const single = await db.pool.getConnection();
    const sql: MysqlSql = {
      query: async (text) => ({ rows: (await single.query(text))[0] as never[], rowCount: 0 }),
    };
    await single.beginTransaction();
    const asked = 'select @@session.wait_timeout as seconds';
    const before = (await sql.query(asked)).rows;
    const during = await takeTurn(sql, 'backstitch_outbox_locks', async () => (await sql.query(asked)).rows);
    await single.rollback();
    expect(during).toEqual([{ seconds: 5 }]);
    expect((await sql.query(asked)).rows).toEqual(before);
    single.release();
  });

  it('knows a lane by the digest that the table computes, byte by byte', async () => {
    const keys = ['a', 'a ', 'A', 'ä', '🧵', ''];
    await insert(...keys.map((key) => newRow({ key })));
    const { rows } = await db.database.sql.query<{ lane: string; key: string; topic: string }>(
      `select lower(hex(lane)) as lane, topic, \`key\` from ${events} order by seq`,
    );
    expect(rows.map(({ lane }) => lane)).toEqual(rows.map(laneDigest));
    expect(new Set(rows.map(({ lane }) => lane)).size).toBe(keys.length);
  });

  it('is done again where it was thrown out of a deadlock', async () => {
    await insert(newRow());
    let thrown = 0;
    const failing = mysqlOutboxStore({
      database: {
        sql: db.database.sql,
        transaction: (work) => {
          thrown += 1;
          if (thrown < 3)
            return Promise.reject(Object.assign(new Error('deadlock'), { errno: 1213, sqlState: '40001' }));
          return db.database.transaction(work);
        },
      },
    });
    expect(await failing.claim({ limit: 1, leaseMs: 1_000 })).toHaveLength(1);
    expect(thrown).toBe(3);
  });

  describe('with 10,000 sent rows and 1,000 unsent ones', () => {
    const fill = `insert into ${events} (id, aggregate_type, aggregate_id, event_type, payload, headers, topic, \`key\`, status, sent_at)
      with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 1000),
           blocks (b) as (select 0 union all select b + 1 from blocks where b < 10)
      select uuid(), 'order', concat('o', n), 'OrderPlaced', repeat('x', 200), '{}', 'orders', concat('o', n),
             case when b < 10 then 'SENT' else 'PENDING' end, case when b < 10 then utc_timestamp(3) end
        from blocks cross join numbers order by b, n`;

    afterEach(() => db.database.sql.query(`truncate ${events}`));

    interface Plan {
      readonly table: string;
      readonly type: string;
      readonly key: string | null;
    }
    const plan = async (text: string) => (await db.database.sql.query<Plan>(`explain ${text}`)).rows;

    /** How many rows the statement read by an index. What it reads of its own temporary tables is counted elsewhere. */
    const rowsRead = (text: string): Promise<number> =>
      db.database.session(async (sql) => {
        const count = async (): Promise<number> => {
          const { rows } = await sql.query<{ Value: string }>(
            `show session status where variable_name in ('Handler_read_first', 'Handler_read_key', 'Handler_read_next',
               'Handler_read_prev')`,
          );
          return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
        };
        const before = await count();
        await sql.query(text);
        return (await count()) - before;
      });

    // As in life: the statistics may be of a time when the table was empty.
    it.each(['analysed', 'stale'])('walks the index of unsent rows and reads no sent one (%s)', async (statistics) => {
      await db.database.sql.query(`analyze table ${events}`);
      await db.database.sql.query(fill);
      if (statistics === 'analysed') await db.database.sql.query(`analyze table ${events}`);
      const text = findNextSql(events, { limit: 500, window: 1_000, rooms: { full: 0, some: 5 } });
      const steps = (await plan(text)).filter(({ table }) => table === 'e' || table === 'b');
      expect(steps.map(({ key }) => key).sort()).toEqual(['outbox_events_stuck', 'outbox_events_unsent']);
      expect(steps.map(({ type }) => type)).not.toContain('ALL');
      // The window of 1,000 with its look at stuck lanes: the whole index would be 11,000.
      expect(await rowsRead(text)).toBeLessThan(5_000);
      expect(await store().claim({ limit: 500, leaseMs: 30_000 })).toHaveLength(500);
    });

    it('finds due, old and settled rows by their indexes', async () => {
      await db.database.sql.query(fill);
      for (const [text, index] of [
        [dueSql(events), 'outbox_events_delayed'],
        [oldSql(events, { olderThanMs: 60_000, limit: 100 }), 'outbox_events_status'],
      ] as const) {
        expect((await plan(text)).map(({ key }) => key)).toEqual([index]);
        expect(await rowsRead(text)).toBeLessThan(1_000);
      }
    });
  });
});
