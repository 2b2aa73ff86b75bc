import { describeWithMysql, testMysqlDatabase } from '@backstitch/devkit/mysql-testing';
import createKnex, { type Knex } from 'knex';
import { createPool, type Pool } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classifyMysqlError, type MysqlDatabase, mysqlDatabase } from '../src/index.js';

describeWithMysql('mysqlDatabase', () => {
  let pool: Pool;
  let knex: Knex;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const server = await testMysqlDatabase();
    drop = server.drop;
    pool = createPool({ uri: server.url, connectionLimit: 4 });
    knex = createKnex({ client: 'mysql2', connection: server.url, pool: { min: 0, max: 4 } });
    await pool.query('create table numbers (n integer primary key)');
  });
  afterAll(async () => {
    await knex.destroy();
    await pool.end();
    await drop();
  });

  const ways: readonly [string, () => MysqlDatabase<unknown>][] = [
    ['a mysql2 pool', () => mysqlDatabase(pool) as MysqlDatabase<unknown>],
    ['knex', () => mysqlDatabase(knex) as MysqlDatabase<unknown>],
  ];
  describe.each(ways)('over %s', (_, open) => {
    it('sees within a transaction what others have committed meanwhile: READ COMMITTED', async () => {
      const database = open();
      await database.sql.query('delete from numbers');
      const counts = await database.transaction(async (_trx, sql) => {
        const count = async () =>
          Number((await sql.query<{ n: number }>('select count(*) as n from numbers')).rows[0]?.n);
        const before = await count();
        await database.sql.query('insert into numbers values (1)');
        return [before, await count()];
      });
      expect(counts).toEqual([0, 1]);
    });

    it('tells a lost connection from everything else, and goes on with another one', async () => {
      const database = open();
      const lost = database.transaction(async (_trx, sql) => {
        const [me] = (await sql.query<{ id: number }>('select connection_id() as id')).rows;
        await database.sql.query(`kill ${me?.id}`);
        await sql.query('insert into numbers values (99)');
      });
      const error = await lost.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(classifyMysqlError(error)).toBe('infrastructure');
      expect((await database.sql.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
      expect((await database.sql.query('select n from numbers where n = 99')).rows).toEqual([]);
    });

    it('classifies what the server says by its number', async () => {
      const database = open();
      const classOf = async (text: string): Promise<string> =>
        database.sql.query(text).then(
          () => 'none',
          (error: unknown) => classifyMysqlError(error),
        );
      expect(await classOf('insert into numbers values (7), (7)')).toBe('conflict');
      expect(await classOf('insert into numbers values (99999999999)')).toBe('poison');
      expect(await classOf('select nothing from nowhere')).toBe('other');
    });
  });

  it('refuses what it cannot work on, by code', () => {
    const codeOf = (source: unknown): unknown => {
      try {
        mysqlDatabase(source as Pool);
        return undefined;
      } catch (error) {
        return (error as { code?: unknown }).code;
      }
    };
    const onPostgres = { transaction: () => undefined, client: { driverName: 'pg' } };
    for (const source of [undefined, {}, pool.pool, onPostgres]) expect(codeOf(source)).toBe('SOURCE_INVALID');
  });
});
