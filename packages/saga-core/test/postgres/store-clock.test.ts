import type { Sql } from '@backstitch/postgres';
import { expect, it } from 'vitest';
import { storeClock } from '../../src/postgres/store-clock.js';

function stage() {
  const time = { database: 1_000, monotonic: 50, wall: 7_000_000 };
  let asked = 0;
  const sql: Sql = {
    query: async <Row extends object>() => {
      asked += 1;
      return { rows: [{ now: time.database }] as unknown as Row[], rowCount: 1, command: 'SELECT' };
    },
  };
  const clock = storeClock(sql, { monotonicNowMs: () => time.monotonic, wallNowMs: () => time.wall });
  const pass = (ms: number): void => {
    time.database += ms;
    time.monotonic += ms;
    time.wall += ms;
  };
  return { clock, time, pass, asked: () => asked };
}

it('asks the database once and counts from then on, for a second', async () => {
  const { clock, pass, asked } = stage();
  expect(await clock.now()).toBe(1_000);
  pass(999.5);
  expect(await clock.now()).toBe(1_999);
  expect(asked()).toBe(1);
  pass(1);
  expect(await clock.now()).toBe(2_000.5);
  expect(asked()).toBe(2);
});

it('asks nothing where a statement has told the time', async () => {
  const { clock, pass, asked } = stage();
  clock.heard(5_000);
  pass(3);
  expect(await clock.now()).toBe(5_003);
  expect(asked()).toBe(0);
});

it('asks again where the machine has slept, which the monotonic clock does not count', async () => {
  const { clock, time, asked } = stage();
  await clock.now();
  time.database += 600_000;
  time.wall += 600_000;
  time.monotonic += 5;
  expect(await clock.now()).toBe(601_000);
  expect(asked()).toBe(2);
});

it('asks once for all who ask at the same time', async () => {
  const { clock, asked } = stage();
  expect(await Promise.all([clock.now(), clock.now(), clock.now()])).toEqual([1_000, 1_000, 1_000]);
  expect(asked()).toBe(1);
});
