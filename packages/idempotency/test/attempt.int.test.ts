import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createIdempotency, type Idempotency } from '../src/index.js';
import { drivers, effects, freshTables } from './drivers.js';

let server: TestDatabase;
beforeAll(async () => {
  server = await testDatabase();
});
afterAll(() => server.drop());

const at = { scope: 'payments', key: 'k-1', fingerprint: 1 };

describe.each(drivers)('outcomes as values over $name', (driver) => {
  let open: ReturnType<typeof driver.open>;
  let idempotency: Idempotency<unknown>;
  beforeEach(async () => {
    open = driver.open(server.url);
    idempotency = createIdempotency({ database: open.database });
    await freshTables(open.database);
  });
  afterEach(() => open.close());

  it('answers fresh, replayed, mismatch and in flight, and the transaction goes on after each', async () => {
    const kinds = await open.database.transaction(async (trx, sql) => {
      const inner: string[] = [];
      const first = await idempotency.tryOnce(trx, at, async () => {
        inner.push((await idempotency.tryOnce(trx, at, async () => 0)).kind);
        return 1;
      });
      const again = await idempotency.tryOnce(trx, at, async () => 2);
      const other = await idempotency.tryOnce(trx, { ...at, fingerprint: 2 }, async () => 3);
      await sql.query("insert into effect (name) values ('afterwards')");
      return [...inner, first.kind, again.kind, other.kind];
    });
    expect(kinds).toEqual(['in-flight', 'fresh', 'replayed', 'mismatch']);
    expect(await effects(open.database)).toEqual(['afterwards']);
  });

  it('answers the same of a lease', async () => {
    const inner: string[] = [];
    const first = await idempotency.lease(at, async () => {
      inner.push((await idempotency.lease(at, async () => 0)).kind);
      return 1;
    });
    expect(first).toEqual({ kind: 'fresh', value: 1 });
    expect(inner).toEqual(['in-flight']);
    expect(await idempotency.lease(at, async () => 2)).toEqual({ kind: 'replayed', value: 1 });
    expect(await idempotency.lease({ ...at, fingerprint: 2 }, async () => 3)).toEqual({ kind: 'mismatch' });
  });

  it("passes on the refusal of a key that is the work's own", async () => {
    const own = { scope: 'own', key: 'own' };
    await idempotency.lease({ ...own, fingerprint: 1 }, async () => 1);
    const running = idempotency.lease(at, async () => {
      await idempotency.onceUnderLease({ ...own, fingerprint: 2 }, async () => 2);
    });
    await expect(running).rejects.toMatchObject({ code: 'KEY_REUSED', fields: own });
  });

  it('keeps the keys of tenants apart, and from those of nobody', async () => {
    const fresh = [];
    for (const whose of [{}, { tenant: 'a' }, { tenant: 'b' }]) {
      fresh.push(await idempotency.lease({ ...at, ...whose }, async () => whose));
    }
    expect(fresh.map((outcome) => outcome.kind)).toEqual(['fresh', 'fresh', 'fresh']);
    expect(await idempotency.lookup({ ...at, tenant: 'a' })).toMatchObject({ data: '{"tenant":"a"}' });
    expect(await idempotency.lookup({ ...at, tenant: 'c' })).toBeUndefined();
  });
});
