import { testDatabase } from '@backstitch/devkit/testing';
import createKnex from 'knex';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresDatabase, type Sql } from '../src/index.js';

let url: string;
let drop: () => Promise<void>;
beforeAll(async () => {
  ({ url, drop } = await testDatabase());
});
afterAll(() => drop());

const drivers = [
  {
    name: 'knex',
    open(prepare: boolean) {
      const knex = createKnex({ client: 'pg', connection: url, pool: { min: 1, max: 1 } });
      const database = postgresDatabase(knex, { preparedStatements: prepare });
      return {
        inTransaction: <T>(work: (sql: Sql) => Promise<T>) => database.transaction((_, sql) => work(sql)),
        sql: database.sql,
        end: () => knex.destroy(),
      };
    },
  },
  {
    name: 'pg',
    open(prepare: boolean) {
      const pool = new pg.Pool({ connectionString: url, max: 1 });
      const database = postgresDatabase(pool, { preparedStatements: prepare });
      return {
        inTransaction: <T>(work: (sql: Sql) => Promise<T>) => database.transaction((_, sql) => work(sql)),
        sql: database.sql,
        end: () => pool.end(),
      };
    },
  },
];

const prepared = "select count(*)::integer as n from pg_prepared_statements where name like 'backstitch_%'";

describe.each(drivers)('statements over $name', ({ open }) => {
  it('are prepared once a connection where that is asked for, and answer the same', async () => {
    const { sql, inTransaction, end } = open(true);
    for (let n = 1; n <= 3; n += 1)
      expect((await sql.query<{ n: number }>('select $1::integer + 1 as n', [n])).rows).toEqual([{ n: n + 1 }]);
    const within = await inTransaction(
      async (own) => (await own.query<{ n: number }>('select $1::integer + 1 as n', [7])).rows,
    );
    expect(within).toEqual([{ n: 8 }]);
    expect((await sql.query<{ n: number }>(prepared)).rows).toEqual([{ n: 1 }]);
    await end();
  });

  it('are not prepared by default', async () => {
    const { sql, end } = open(false);
    await sql.query('select $1::integer', [1]);
    expect((await sql.query<{ n: number }>(prepared)).rows).toEqual([{ n: 0 }]);
    await end();
  });

  it('go on after one of them failed', async () => {
    const { sql, end } = open(true);
    await expect(sql.query('select 1 / $1::integer', [0])).rejects.toMatchObject({ code: '22012' });
    expect((await sql.query('select 1 / $1::integer as one', [1])).rows).toEqual([{ one: 1 }]);
    await end();
  });
});
