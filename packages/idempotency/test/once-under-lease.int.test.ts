import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createIdempotency, type Idempotency } from '../src/index.js';
import { drivers, freshTables } from './drivers.js';
import { signal } from './signal.js';

let server: TestDatabase;
beforeAll(async () => {
  server = await testDatabase();
});
afterAll(() => server.drop());

const at = { scope: 'charges', key: 'k-1' };

describe.each(drivers)('once under a lease over $name', (driver) => {
  let open: ReturnType<typeof driver.open>;
  let idempotency: Idempotency<unknown>;
  beforeEach(async () => {
    // One connection: work that ran in a transaction would hold it, and the test would stop.
    open = driver.open(server.url, 1);
    idempotency = createIdempotency({ database: open.database });
    await freshTables(open.database);
  });
  afterEach(() => open.close());

  /** As if the lease had ended: the holder is still at work, or dead. */
  const endLease = () =>
    open.database.sql.query("update backstitch.idem_keys set locked_until = clock_timestamp() - interval '1 second'");

  it('runs the work once, in no transaction, and replays its result', async () => {
    const charge = () =>
      idempotency.onceUnderLease(at, async () => (await open.database.sql.query('select 1 as one')).rows[0]);
    expect(await charge()).toEqual({ kind: 'fresh', value: { one: 1 } });
    expect(await charge()).toEqual({ kind: 'replayed', value: { one: 1 } });
    expect(await open.database.transaction((trx) => idempotency.once(trx, at, async () => 2))).toEqual({
      kind: 'replayed',
      value: { one: 1 },
    });
  });

  it('reports the key in flight to everybody else while the lease lasts', async () => {
    await idempotency.onceUnderLease(at, async () => {
      const inFlight = { code: 'KEY_IN_FLIGHT', fields: at };
      await expect(idempotency.onceUnderLease(at, async () => 2)).rejects.toMatchObject(inFlight);
      const within = open.database.transaction((trx) => idempotency.once(trx, at, async () => 2));
      await expect(within).rejects.toMatchObject(inFlight);
    });
  });

  it('frees the key at once where the work threw', async () => {
    const bug = new Error('card declined');
    await expect(idempotency.onceUnderLease(at, () => Promise.reject(bug))).rejects.toBe(bug);
    expect(await idempotency.onceUnderLease(at, async () => 2)).toEqual({ kind: 'fresh', value: 2 });
  });

  it('frees the key when the lease ends, long before it expires, and tells who lost it', async () => {
    const claimed = signal();
    const gate = signal();
    const slow = idempotency.onceUnderLease(at, async () => {
      claimed.resolve();
      await gate.promise;
      return 'late';
    });
    const lost = slow.catch((error: unknown) => error);
    await claimed.promise;
    await endLease();
    expect(await idempotency.onceUnderLease(at, async () => 'second')).toEqual({ kind: 'fresh', value: 'second' });
    gate.resolve();
    expect(await lost).toMatchObject({ code: 'LEASE_LOST', fields: { ...at, leaseMs: 30_000 } });
    expect(await idempotency.lookup(at)).toMatchObject({ data: '"second"' });
  });

  it('does not let who lost the lease write his result under the claim of who has it now', async () => {
    const claimed = signal();
    const gate = signal();
    const slow = idempotency.onceUnderLease(at, async () => {
      claimed.resolve();
      await gate.promise;
      return 'late';
    });
    const lost = slow.catch((error: unknown) => error);
    await claimed.promise;
    await endLease();
    const second = await idempotency.onceUnderLease(at, async () => {
      gate.resolve();
      expect(await lost).toMatchObject({ code: 'LEASE_LOST' });
      return 'second';
    });
    expect(second).toEqual({ kind: 'fresh', value: 'second' });
    expect(await idempotency.lookup(at)).toMatchObject({ data: '"second"' });
  });

  it('does not free the key of who took it after the lease of the failed one', async () => {
    const claimed = signal();
    const gate = signal();
    const failing = idempotency.onceUnderLease(at, async () => {
      claimed.resolve();
      await gate.promise;
      throw new Error('too late');
    });
    const failed = failing.catch((error: unknown) => error);
    await claimed.promise;
    await endLease();
    await idempotency.onceUnderLease(at, async () => {
      gate.resolve();
      expect(await failed).toMatchObject({ message: 'too late' });
    });
    expect(await idempotency.lookup(at)).toBeDefined();
  });

  it('stores the result of who outlived the lease where nobody took the key meanwhile', async () => {
    const outcome = await idempotency.onceUnderLease(at, async () => {
      await endLease();
      return 1;
    });
    expect(outcome).toEqual({ kind: 'fresh', value: 1 });
  });

  it('aborts the work by the end of its lease', async () => {
    const running = idempotency.onceUnderLease(
      { ...at, leaseMs: 20 },
      (aborted) =>
        new Promise((_resolve, reject) => {
          aborted.addEventListener('abort', () => reject(aborted.reason));
          if (aborted.aborted) reject(aborted.reason);
        }),
    );
    await expect(running).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('refuses a lease that outlives the key', async () => {
    const running = idempotency.onceUnderLease({ ...at, leaseMs: 2000, ttlMs: 1000 }, async () => 1);
    await expect(running).rejects.toMatchObject({ code: 'OPTION_INVALID', fields: { field: 'leaseMs' } });
  });
});
