import { describeWithMysql } from '@backstitch/devkit/mysql-testing';
import { createInMemoryBroker } from '@backstitch/messaging/testing';
import { createRelay, type Outbox } from '@backstitch/outbox';
import type { Knex } from 'knex';
import { createConnection, type PoolConnection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createMysqlOutbox, mysqlOutboxOperations, mysqlOutboxStore } from '../src/index.js';
import { type OutboxDatabase, outboxDatabase } from './outbox-database.js';

const placed = (id: string, key = id) => ({
  ...{ topic: 'orders', aggregateType: 'order', aggregateId: id, key, type: 'OrderPlaced', payload: { id } },
});

describeWithMysql('publish', () => {
  let db: OutboxDatabase;
  let byMysql2: Outbox<PoolConnection>;
  let byKnex: Outbox<Knex.Transaction>;
  beforeAll(async () => {
    db = await outboxDatabase();
    await db.database.sql.query('create table orders (id varchar(40) primary key, item varchar(40) not null)');
    byMysql2 = createMysqlOutbox({ database: db.database });
    byKnex = createMysqlOutbox({ database: db.knexDatabase });
  });
  afterEach(async () => {
    await db.clear();
    await db.database.sql.query('delete from orders');
  });
  afterAll(() => db.end());

  /** What a relay sends of the table, and the orders beside it. */
  async function outcome(): Promise<{ readonly stored: readonly string[]; readonly sent: readonly string[] }> {
    const transport = createInMemoryBroker().transport();
    await transport.ensureTopics([{ topic: 'orders', partitions: 1 }]);
    const sent: string[] = [];
    const relay = createRelay({
      store: mysqlOutboxStore({ database: db.database }),
      transport,
      onDelivered: (rows) => void sent.push(...rows.map((row) => row.aggregateId)),
    });
    await relay.runOnce();
    const { rows } = await db.database.sql.query<{ id: string }>('select id from orders order by id');
    return { stored: rows.map(({ id }) => id), sent: sent.sort() };
  }

  describe('commits and rolls back rows and messages together', () => {
    it('in a knex transaction, and a savepoint of it', async () => {
      await db.knex.transaction(async (trx) => {
        await trx('orders').insert({ id: 'kept', item: 'lamp' });
        await byKnex.publish(trx, placed('kept'));
        await trx
          .transaction(async (inner) => {
            await inner('orders').insert({ id: 'undone', item: 'lamp' });
            await byKnex.publish(inner, placed('undone'));
            throw new Error('undo');
          })
          .catch(() => undefined);
      });
      const rolledBack = db.knex.transaction(async (trx) => {
        await trx('orders').insert({ id: 'gone', item: 'lamp' });
        await byKnex.publish(trx, placed('gone'));
        throw new Error('undo');
      });
      await expect(rolledBack).rejects.toThrow('undo');
      expect(await outcome()).toEqual({ stored: ['kept'], sent: ['kept'] });
    });

    it('in a transaction of a mysql2 connection, of the pool or not', async () => {
      const connection = await db.pool.getConnection();
      const own = await createConnection({ uri: db.url });
      try {
        for (const [id, end] of [
          ['kept', 'commit'],
          ['gone', 'rollback'],
        ] as const) {
          await connection.beginTransaction();
          await connection.query('insert into orders values (?, ?)', [id, 'lamp']);
          await byMysql2.publish(connection, placed(id));
          await connection[end]();
        }
        await own.beginTransaction();
        await byMysql2.publish(own as PoolConnection, placed('own'));
        await own.commit();
      } finally {
        connection.release();
        await own.end();
      }
      expect(await outcome()).toEqual({ stored: ['kept'], sent: ['kept', 'own'] });
    });

    it('in a transaction of the library’s own', async () => {
      await byMysql2.transaction(async (connection, publish) => {
        await connection.query('insert into orders values (?, ?)', ['kept', 'lamp']);
        await publish(placed('kept'));
      });
      const rolledBack = byKnex.transaction(async (_trx, publish) => {
        await publish(placed('gone'));
        throw new Error('undo');
      });
      await expect(rolledBack).rejects.toThrow('undo');
      expect(await outcome()).toEqual({ stored: ['kept'], sent: ['kept'] });
    });
  });

  describe('writes nothing outside a transaction', () => {
    it('where a plain knex or a pool is given, which do not compile either', async () => {
      // @ts-expect-error a plain knex is no transaction
      await expect(byKnex.publish(db.knex, placed('a'))).rejects.toMatchObject({ code: 'NOT_A_TRANSACTION' });
      // @ts-expect-error a pool is no connection
      await expect(byMysql2.publish(db.pool, placed('a'))).rejects.toMatchObject({ code: 'NOT_A_TRANSACTION' });
      expect((await outcome()).sent).toEqual([]);
    });

    it('where a connection has none open, or a knex transaction is over', async () => {
      const connection = await db.pool.getConnection();
      const refused = byMysql2.publish(connection, placed('a'));
      await expect(refused).rejects.toMatchObject({ code: 'TRANSACTION_ENDED' });
      connection.release();
      const trx = await db.knex.transaction();
      await trx.commit();
      await expect(byKnex.publish(trx, placed('a'))).rejects.toMatchObject({ code: 'TRANSACTION_ENDED' });
      expect((await outcome()).sent).toEqual([]);
    });

    it('where a deadlock ended the transaction and its error was swallowed', async () => {
      await db.database.sql.query(`insert into orders values ('x', ''), ('y', '')`);
      const lock = (connection: PoolConnection, id: string) =>
        connection.query(`update orders set item = concat(item, '.') where id = ?`, [id]);
      const one = await db.pool.getConnection();
      const other = await db.pool.getConnection();
      try {
        await one.beginTransaction();
        await other.beginTransaction();
        // What has written less is thrown out.
        await other.query(`insert into orders values ('1', ''), ('2', ''), ('3', '')`);
        await lock(one, 'x');
        await lock(other, 'y');
        const waiting = lock(other, 'x');
        const outcomes = await Promise.allSettled([lock(one, 'y'), waiting]);
        expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
        await expect(byMysql2.publish(one, placed('a'))).rejects.toMatchObject({ code: 'TRANSACTION_ENDED' });
        await other.rollback();
      } finally {
        one.release();
        other.release();
      }
      expect((await outcome()).sent).toEqual([]);
    });

    it('where the work of a transaction of the library’s own makes DDL, and says so', async () => {
      const ended = byMysql2.transaction(async (connection, publish) => {
        await publish(placed('a'));
        await connection.query('create table if not exists implicit_commit (id integer)');
      });
      await expect(ended).rejects.toMatchObject({ code: 'TRANSACTION_ABORTED' });
    });
  });

  it.each([
    ['topic', { topic: 'x'.repeat(250) }],
    ['key', { key: 'x'.repeat(1025) }],
    ['aggregateId', { aggregateId: 'x'.repeat(256), key: 'k' }],
    ['type', { type: '' }],
    ['key', { key: 'a\0b' }],
  ])('names the field that cannot be stored: %s', async (field, given) => {
    const refused = byMysql2.transaction((_connection, publish) => publish({ ...placed('a'), ...given }));
    await expect(refused).rejects.toMatchObject({ code: 'EVENT_INVALID', fields: { field } });
  });

  it('stores any text as it is, whatever sql_mode, time zone and parsers the connection has', async () => {
    const connection = await createConnection({
      ...{ uri: db.url, typeCast: () => 'never', rowsAsArray: true, dateStrings: true },
    });
    const payload = { text: `'; drop table orders; -- \\' " 🧵 ${'\u2028'}`, deep: [1, null, 'ß'] };
    try {
      await connection.query(`set sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', time_zone = '+09:00'`);
      await connection.beginTransaction();
      const { ids } = await byMysql2.publish(connection as PoolConnection, {
        ...placed('o-1', "k'\\"),
        payload,
        headers: { note: 'it\'s \\ "quoted"' },
        deliverAfter: new Date('2026-01-31T23:59:59.123Z'),
      });
      await connection.commit();
      const row = await mysqlOutboxOperations({ database: db.database }).show(ids[0] ?? '');
      expect(JSON.parse(row?.payload ?? '')).toEqual(payload);
      expect(row?.key).toBe("k'\\");
      expect(row?.headers['note']).toBe('it\'s \\ "quoted"');
      expect(row?.deliverAfter).toEqual(new Date('2026-01-31T23:59:59.123Z'));
      expect(Math.abs((row?.createdAt.getTime() ?? 0) - Date.now())).toBeLessThan(3_600_000);
    } finally {
      await connection.end();
    }
  });

  it('stores more than one packet holds, in its order', async () => {
    const big = 'x'.repeat(900_000);
    const ids = Array.from({ length: 30 }, (_, n) => `o-${String(n).padStart(2, '0')}`);
    await byMysql2.transaction((_connection, publish) =>
      publish(ids.map((id) => ({ ...placed(id, 'one lane'), payload: { id, big } }))),
    );
    const rows = await mysqlOutboxStore({ database: db.database }).claim({ limit: 100, leaseMs: 30_000 });
    expect(rows.map((row) => row.aggregateId)).toEqual(ids);
  });

  it('makes transactions on one lane wait for each other where they ask for it', async () => {
    const first = await db.pool.getConnection();
    await first.beginTransaction();
    await byMysql2.publish(first, placed('first', 'lane'), { lockKey: true });
    const second = byMysql2.transaction(async (connection, publish) => {
      await connection.query('set innodb_lock_wait_timeout = 1');
      await publish(placed('second', 'lane'), { lockKey: true });
    });
    await expect(second).rejects.toMatchObject({ errno: 1205 });
    const elsewhere = byMysql2.transaction((_connection, publish) =>
      publish(placed('other', 'another lane'), { lockKey: true }),
    );
    await elsewhere;
    await first.commit();
    first.release();
    await byMysql2.transaction((_connection, publish) => publish(placed('third', 'lane'), { lockKey: true }));
    expect((await outcome()).sent).toEqual(['first', 'other', 'third']);
  });

  it('is sent from memory after a commit that the library saw, and by the poll otherwise', async () => {
    const transport = createInMemoryBroker().transport();
    await transport.ensureTopics([{ topic: 'orders', partitions: 1 }]);
    const delivered: string[] = [];
    let tell = (): void => undefined;
    const both = new Promise<void>((resolve) => (tell = resolve));
    const relay = createRelay({
      store: mysqlOutboxStore({ database: db.knexDatabase }),
      transport,
      onDelivered: (rows) => {
        delivered.push(...rows.map((row) => row.aggregateId));
        if (delivered.length === 2) tell();
      },
    });
    const outbox = createMysqlOutbox({ database: db.knexDatabase, relay });
    relay.start();
    try {
      await outbox.transaction((_trx, publish) => publish(placed('from memory')));
      await db.knex.transaction((trx) => outbox.publish(trx, placed('by a hint')));
      await both;
    } finally {
      await relay.stop();
    }
    expect(delivered.sort()).toEqual(['by a hint', 'from memory']);
    const { rows } = await db.database.sql.query(`select 1 from backstitch_outbox_events where status <> 'SENT'`);
    expect(rows).toEqual([]);
  });
});
