import createKnex, { type Knex } from 'knex';
import pg from 'pg';
import { afterAll, describe, expect, expectTypeOf, it } from 'vitest';
import { type Database, postgresDatabase } from '../src/index.js';

// Neither connects before its first query.
const knex = createKnex({ client: 'pg' });
const pool = new pg.Pool();
afterAll(async () => {
  await knex.destroy();
  await pool.end();
});

describe('postgresDatabase', () => {
  it("answers a database of the user's own transaction type", () => {
    expectTypeOf(postgresDatabase(knex)).toEqualTypeOf<Database<Knex.Transaction>>();
    expectTypeOf(postgresDatabase(pool)).toEqualTypeOf<Database<pg.PoolClient>>();
  });

  it('refuses the whole knex where a transaction is needed', () => {
    const database = postgresDatabase(knex);
    expect(() => database.within(knex as unknown as Knex.Transaction)).toThrowError(
      expect.objectContaining({ code: 'NOT_A_TRANSACTION', hint: expect.stringContaining('not knex itself') }),
    );
  });

  it('refuses the whole pool where a transaction is needed', () => {
    const database = postgresDatabase(pool);
    expect(() => database.within(pool as unknown as pg.PoolClient)).toThrowError(
      expect.objectContaining({ code: 'NOT_A_TRANSACTION' }),
    );
  });

  it.each([undefined, null, {}, 'postgres://', { transaction: () => undefined }])(
    'refuses %j as a source',
    (source) => {
      expect(() => postgresDatabase(source as unknown as pg.Pool)).toThrowError(
        expect.objectContaining({ code: 'SOURCE_INVALID' }),
      );
    },
  );

  it('refuses a knex of another database, and a transaction', () => {
    const other = Object.assign(() => undefined, { transaction: () => undefined, client: { dialect: 'mysql' } });
    expect(() => postgresDatabase(other as unknown as Knex)).toThrowError(
      expect.objectContaining({
        code: 'SOURCE_INVALID',
        message: expect.stringContaining('does not speak to Postgres'),
      }),
    );
    const trx = Object.assign(() => undefined, { isTransaction: true, transaction: () => undefined, client: {} });
    expect(() => postgresDatabase(trx as unknown as Knex)).toThrowError(
      expect.objectContaining({ code: 'SOURCE_INVALID' }),
    );
  });
});
