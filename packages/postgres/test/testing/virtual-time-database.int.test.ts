import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Sql } from '../../src/index.js';
import { type VirtualTimeDatabase, virtualTimeDatabase } from '../../src/testing/index.js';
import { type Driver, knexDriver, type OpenDriver, pgDriver } from '../drivers.js';

let server: TestDatabase;
beforeAll(async () => {
  server = await testDatabase();
});
afterAll(() => server.drop());

const startMs = Date.UTC(2031, 4, 17) + 123;
const dayMs = 86_400_000;
const clocks = ['clock_timestamp()', 'now()', 'statement_timestamp()', 'transaction_timestamp()'];

describe.each([knexDriver, pgDriver] as Driver<unknown>[])(
  'a database with a clock of the test over $name',
  (driver) => {
    let open: OpenDriver<unknown>;
    let virtual: VirtualTimeDatabase<unknown>;
    let nowMs: number;
    beforeEach(async () => {
      open = driver.open(server.url);
      nowMs = startMs;
      virtual = virtualTimeDatabase(open.database, { nowMs: () => nowMs, schema: 'test_clock' });
      await virtual.create();
    });
    afterEach(async () => {
      await virtual.drop();
      await open.close();
    });

    const read = async (sql: Sql, clock: string): Promise<number> => {
      const { rows } = await sql.query<{ at: Date }>(`select ${clock} as at`);
      return rows[0]?.at.getTime() ?? 0;
    };

    it.each(clocks)('says what the test says: %s', async (clock) => {
      expect(await read(virtual.database.sql, clock)).toBe(startMs);
      nowMs += 30 * dayMs;
      expect(await read(virtual.database.sql, clock)).toBe(startMs + 30 * dayMs);
      expect(await virtual.database.transaction((_trx, sql) => read(sql, clock))).toBe(startMs + 30 * dayMs);
    });

    it('stands still within a transaction, also behind a savepoint that was rolled back', async () => {
      await virtual.database.transaction(async (_trx, sql) => {
        await sql.query('savepoint here');
        nowMs += dayMs;
        expect(await read(sql, 'now()')).toBe(startMs);
        await sql.query('rollback to savepoint here');
        expect(await read(sql, 'now()')).toBe(startMs);
      });
    });

    it('reaches a transaction that its caller has opened', async () => {
      await open.database.transaction(async (trx) => {
        expect(await read(virtual.database.within(trx), 'now()')).toBe(startMs);
      });
    });

    it('leaves everybody else in the time of the machine, and the tables where they are', async () => {
      await virtual.database.sql.query('create table if not exists public.seen (id int)');
      expect((await virtual.database.sql.query('select * from seen')).rows).toEqual([]);
      expect(await read(open.database.sql, 'now()')).toBeLessThan(startMs);
    });
  },
);
