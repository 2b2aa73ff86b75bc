import type { ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Driver, effects, freshTables, pgDriver } from '../drivers.js';
import type { CallersParameter, CallersReport } from './callers-child.js';
import { forkChild, killChild, nextMessage } from './fork-child.js';

let server: TestDatabase;
let open: ReturnType<Driver<unknown>['open']>;
let children: ChildProcess[] = [];
beforeAll(async () => {
  server = await testDatabase();
  open = (pgDriver as Driver<unknown>).open(server.url);
  await freshTables(open.database);
});
afterAll(async () => {
  await Promise.all(children.map(killChild));
  await open.close();
  await server.drop();
});

/**
 * 1,000 is the figure to quote; it takes minutes on a small machine, so that is asked for: `IDEMPOTENCY_TEST_KEYS=1000`, and
 * `IDEMPOTENCY_TEST_RESULT=<file>` keeps what came out, as in bench/results/idempotency-callers.json.
 */
const keys = Number(process.env['IDEMPOTENCY_TEST_KEYS'] ?? 20);
const callersEach = 25;

it(`lets fifty callers in two processes run the work of each of ${keys} keys once`, { timeout: 900_000 }, async () => {
  children = ['one', 'two'].map((name) =>
    forkChild('callers-child', { url: server.url, name, callers: callersEach, keys } satisfies CallersParameter),
  );
  for (const ready of children.map((child) => nextMessage<string>(child))) expect(await ready).toBe('ready');
  const reports = children.map((child) => nextMessage<CallersReport>(child));
  for (const child of children) child.send('go');
  const [one, two] = (await Promise.all(reports)) as [CallersReport, CallersReport];
  expect(one.fresh + two.fresh).toBe(keys);
  expect(one.replayed + two.replayed).toBe(2 * callersEach * keys - keys);
  const names = Array.from({ length: keys }, (_, key) => `k-${key}`);
  expect((await effects(open.database)).toSorted()).toEqual(names.toSorted());
  for (const [key, values] of one.values.entries()) {
    expect(new Set([...values, ...(two.values[key] ?? [])]).size).toBe(1);
  }
  const file = process.env['IDEMPOTENCY_TEST_RESULT'];
  if (file === undefined) return;
  const fresh = one.fresh + two.fresh;
  const result = { processes: 2, callers: 2 * callersEach, keys, fresh, replayed: one.replayed + two.replayed };
  await writeFile(file, `${JSON.stringify({ at: new Date().toISOString(), ...result }, null, 2)}\n`);
});
