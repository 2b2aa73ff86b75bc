import type { Sql } from '@backstitch/postgres';
import { expect, it } from 'vitest';
import { transactionClock } from '../../src/postgres/transaction-clock.js';

function database(now: number) {
  let asked = 0;
  const sql: Sql = {
    query: async <Row extends object>() => {
      asked += 1;
      return { rows: [{ now }] as unknown as Row[], rowCount: 1, command: 'SELECT' };
    },
  };
  return { sql, asked: () => asked };
}

it('asks the database once and counts from then on', async () => {
  const { sql, asked } = database(1_000);
  let monotonic = 50;
  const clock = transactionClock(sql, () => monotonic);
  expect(await clock.now()).toBe(1_000);
  monotonic += 7.9;
  expect(await clock.now()).toBe(1_007);
  expect(asked()).toBe(1);
});

it('asks nothing where a statement has told the time', async () => {
  const { sql, asked } = database(0);
  let monotonic = 0;
  const clock = transactionClock(sql, () => monotonic);
  clock.heard(2_000);
  monotonic += 0.4;
  expect(await clock.now()).toBe(2_000);
  monotonic += 0.6;
  expect(await clock.now()).toBe(2_001);
  expect(asked()).toBe(0);
});
