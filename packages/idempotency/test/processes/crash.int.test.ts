import type { ChildProcess } from 'node:child_process';
import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createIdempotency, type Idempotency } from '../../src/index.js';
import { type Driver, effects, freshTables, pgDriver } from '../drivers.js';
import type { CrashParameter, CrashPlace } from './crash-child.js';
import { forkChild, killChild, nextMessage } from './fork-child.js';

let server: TestDatabase;
let open: ReturnType<Driver<unknown>['open']>;
let idempotency: Idempotency<unknown>;
let child: ChildProcess | undefined;
beforeAll(async () => {
  server = await testDatabase();
  open = (pgDriver as Driver<unknown>).open(server.url);
  idempotency = createIdempotency({ database: open.database });
});
beforeEach(() => freshTables(open.database));
afterEach(async () => {
  if (child !== undefined) await killChild(child);
});
afterAll(async () => {
  await open.close();
  await server.drop();
});

const at = { scope: 'crash', key: 'k-1' };

async function killedAt(parameter: Omit<CrashParameter, 'url'>): Promise<void> {
  child = forkChild('crash-child', { ...parameter, url: server.url } satisfies CrashParameter);
  expect(await nextMessage(child)).toEqual({ place: parameter.place });
  await killChild(child);
}

const again = () =>
  open.database.transaction((trx, sql) =>
    idempotency.once(trx, { ...at, lockTimeoutMs: 30_000 }, async () => {
      await sql.query("insert into effect (name) values ('of the next')");
      return 'of the next';
    }),
  );

it.each<CrashPlace>(['before the work', 'in the work', 'after the work'])(
  'frees the key at once where the process is killed %s, and leaves nothing of it',
  async (place) => {
    await killedAt({ way: 'once', place, leaseMs: 0 });
    expect(await again()).toEqual({ kind: 'fresh', value: 'of the next' });
    expect(await effects(open.database)).toEqual(['of the next']);
  },
);

it('replays the result where the process is killed after the commit', async () => {
  await killedAt({ way: 'once', place: 'after the commit', leaseMs: 0 });
  expect(await again()).toEqual({ kind: 'replayed', value: 'of the child' });
  expect(await effects(open.database)).toEqual(['of the child']);
});

it.each<CrashPlace>(['before the work', 'in the work', 'after the work'])(
  'frees a leased key when the lease ends where the process is killed %s, not before',
  async (place) => {
    await killedAt({ way: 'lease', place, leaseMs: 1500 });
    const [dead] = await keyRows();
    let outcome = await idempotency.lease(at, async () => 'of the next');
    while (outcome.kind === 'in-flight') outcome = await idempotency.lease(at, async () => 'of the next');
    expect(outcome).toEqual({ kind: 'fresh', value: 'of the next' });
    const [taken] = await keyRows();
    expect(taken?.createdAt.getTime()).toBeGreaterThanOrEqual(dead?.lockedUntil?.getTime() ?? Number.NaN);
    // At-least-once outside of the database: that is why the key is handed on to the other side.
    expect(await effects(open.database)).toEqual(place === 'before the work' ? [] : ['outside']);
  },
);

it('replays the result of a lease where the process is killed afterwards', async () => {
  await killedAt({ way: 'lease', place: 'after the commit', leaseMs: 60_000 });
  expect(await idempotency.lease(at, async () => 'of the next')).toEqual({ kind: 'replayed', value: 'of the child' });
});

async function keyRows() {
  const { rows } = await open.database.sql.query<{ createdAt: Date; lockedUntil: Date | null }>(
    'select created_at as "createdAt", locked_until as "lockedUntil" from backstitch.idem_keys',
  );
  return rows;
}
