import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import type { Sql } from '@backstitch/postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createIdempotency,
  type Idempotency,
  IdempotencyMismatchError,
  KeyInFlightError,
  type OnceOptions,
} from '../src/index.js';
import { drivers, effects, freshTables, somebodyWaits } from './drivers.js';
import { signal } from './signal.js';

let server: TestDatabase;
beforeAll(async () => {
  server = await testDatabase();
});
afterAll(() => server.drop());

const at: OnceOptions = { scope: 'payments', key: 'k-1' };

describe.each(drivers)('once over $name', (driver) => {
  let open: ReturnType<typeof driver.open>;
  /** Another process: a pool of its own. */
  let other: ReturnType<typeof driver.open>;
  let here: Idempotency<unknown>;
  let there: Idempotency<unknown>;
  beforeEach(async () => {
    open = driver.open(server.url);
    other = driver.open(server.url);
    here = createIdempotency({ database: open.database });
    there = createIdempotency({ database: other.database });
    await freshTables(open.database);
  });
  afterEach(async () => {
    await open.close();
    await other.close();
  });

  const effect = (sql: Sql, name: string) => sql.query('insert into effect (name) values ($1)', [name]);
  /** `once` in a transaction of its own, whose work leaves an effect and answers `value`. */
  const pay = (idempotency: Idempotency<unknown>, options: OnceOptions, value: unknown = { paid: true }) =>
    (idempotency === here ? open : other).database.transaction((trx, sql) =>
      idempotency.once(trx, options, async () => {
        await effect(sql, options.key);
        return value;
      }),
    );

  it('runs the work once and replays its result afterwards', async () => {
    expect(await pay(here, at)).toEqual({ kind: 'fresh', value: { paid: true } });
    expect(await pay(there, at, { paid: 'again' })).toEqual({ kind: 'replayed', value: { paid: true } });
    expect(await effects(open.database)).toEqual(['k-1']);
  });

  it.each([[null], ['text \u0000 \ud800'], [0], [[1, { a: null }]], [{}]])('replays %j as it was', async (value) => {
    await pay(here, at, value);
    expect(await pay(here, at, 'other')).toEqual({ kind: 'replayed', value });
  });

  it('replays that nothing was answered', async () => {
    const nothing = (trx: unknown) => here.once(trx, at, async () => undefined);
    expect(await open.database.transaction(nothing)).toEqual({ kind: 'fresh', value: undefined });
    expect(await open.database.transaction(nothing)).toEqual({ kind: 'replayed', value: undefined });
  });

  it('keeps scopes apart', async () => {
    await pay(here, at);
    expect(await pay(here, { ...at, scope: 'refunds' })).toMatchObject({ kind: 'fresh' });
  });

  it('refuses the same key with another fingerprint, and takes the same one in another order of properties', async () => {
    await pay(here, { ...at, fingerprint: { amount: 5, currency: 'EUR' } });
    const error = await pay(here, { ...at, fingerprint: { amount: 6, currency: 'EUR' } }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(IdempotencyMismatchError);
    expect(error).toMatchObject({ code: 'KEY_REUSED', fields: { scope: 'payments', key: 'k-1' } });
    expect(await pay(here, { ...at, fingerprint: { currency: 'EUR', amount: 5 } })).toMatchObject({ kind: 'replayed' });
  });

  it('compares fingerprints with a secret only to those of the same secret', async () => {
    const secret = createIdempotency({ database: open.database, fingerprintSecret: 'pepper' });
    await open.database.transaction((trx) => secret.once(trx, { ...at, fingerprint: 'a' }, async () => 1));
    await expect(pay(here, { ...at, fingerprint: 'a' })).rejects.toMatchObject({ code: 'KEY_REUSED' });
    expect(
      await open.database.transaction((trx) => secret.once(trx, { ...at, fingerprint: 'a' }, async () => 2)),
    ).toMatchObject({ value: 1 });
  });

  it('frees the key where the transaction rolls back', async () => {
    const running = open.database.transaction(async (trx) => {
      await here.once(trx, at, async () => 1);
      throw new Error('later in the same transaction');
    });
    await expect(running).rejects.toThrow('later');
    expect(await pay(there, at)).toMatchObject({ kind: 'fresh' });
  });

  it('leaves neither claim nor effects of work that threw, also where the caller goes on and commits', async () => {
    const declined = new Error('declined');
    await open.database.transaction(async (trx, sql) => {
      const running = here.once(trx, at, async () => {
        await effect(sql, 'of the failed work');
        throw declined;
      });
      await expect(running).rejects.toBe(declined);
      await effect(sql, 'of the caller');
    });
    expect(await effects(open.database)).toEqual(['of the caller']);
    expect(await pay(there, at)).toMatchObject({ kind: 'fresh' });
  });

  it('aborts the transaction with the work where that is asked for, whoever catches the error', async () => {
    const options = { ...at, undo: 'transaction' } as const;
    const caught = open.database.transaction(async (trx, sql) => {
      await sql.query("insert into effect (name) values ('before')");
      const failing = here.once(trx, options, async () => {
        await sql.query("insert into effect (name) values ('work')");
        throw new Error('bug');
      });
      await expect(failing).rejects.toThrow('bug');
    });
    await expect(caught).rejects.toMatchObject({ code: 'TRANSACTION_ABORTED' });
    expect(await effects(open.database)).toEqual([]);
    const again = () => open.database.transaction((trx) => here.once(trx, options, async () => 1));
    expect(await again()).toEqual({ kind: 'fresh', value: 1 });
    expect(await again()).toEqual({ kind: 'replayed', value: 1 });
  });

  it('lets fifty callers from two pools run the work once', async () => {
    const calls = Array.from({ length: 50 }, (_, index) =>
      pay(index % 2 === 0 ? here : there, { ...at, lockTimeoutMs: 30_000 }, { index }),
    );
    const outcomes = await Promise.all(calls);
    const fresh = outcomes.filter((outcome) => outcome.kind === 'fresh');
    expect(fresh).toHaveLength(1);
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome.value)))).toEqual(
      new Set([JSON.stringify(fresh[0]?.value)]),
    );
    expect(await effects(open.database)).toEqual(['k-1']);
  });

  it('lets fifty callers take an expired key once', async () => {
    await pay(here, { ...at, key: 'old', ttlMs: 60_000 });
    await open.database.sql.query(
      "update backstitch.idem_keys set created_at = created_at - interval '1 hour', expires_at = created_at - interval '59 minutes'",
    );
    const calls = Array.from({ length: 50 }, (_, index) =>
      pay(index % 2 === 0 ? here : there, { ...at, key: 'old', lockTimeoutMs: 30_000 }),
    );
    const outcomes = await Promise.all(calls);
    expect(outcomes.filter((outcome) => outcome.kind === 'fresh')).toHaveLength(1);
    expect(await effects(open.database)).toEqual(['old', 'old']);
  });

  it('reports a key in flight after the wait that was chosen, and leaves the transaction usable with its own lock_timeout', async () => {
    const gate = signal<void>();
    const claimed = signal<void>();
    const holder = open.database.transaction((trx) =>
      here.once(trx, at, async () => {
        claimed.resolve();
        await gate.promise;
      }),
    );
    await claimed.promise;
    await other.database.transaction(async (trx, sql) => {
      await sql.query("set local lock_timeout = '7s'");
      const error = await there
        .once(trx, { ...at, lockTimeoutMs: 50 }, async () => 2)
        .catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(KeyInFlightError);
      expect(error).toMatchObject({ code: 'KEY_IN_FLIGHT', fields: { scope: 'payments', key: 'k-1', waitedMs: 50 } });
      expect((await sql.query('show lock_timeout')).rows).toEqual([{ lock_timeout: '7s' }]);
      await there.once(trx, { ...at, key: 'k-2' }, async () => {
        expect((await sql.query('show lock_timeout')).rows).toEqual([{ lock_timeout: '7s' }]);
      });
      expect((await sql.query('show lock_timeout')).rows).toEqual([{ lock_timeout: '7s' }]);
    });
    gate.resolve();
    await holder;
  });

  it('passes on the lock time-out of the work itself', async () => {
    const gate = signal<void>();
    const locked = signal<void>();
    const holder = open.database.transaction(async (_trx, sql) => {
      await sql.query('lock table effect in exclusive mode');
      locked.resolve();
      await gate.promise;
    });
    await locked.promise;
    const running = other.database.transaction(async (trx, sql) => {
      await sql.query("set local lock_timeout = '50ms'");
      await there.once(trx, at, () => effect(sql, 'never'));
    });
    await expect(running).rejects.toMatchObject({ code: '55P03' });
    gate.resolve();
    await holder;
  });

  it('hands the key to a waiting rival at once when the holder is killed', async () => {
    const pid = signal<number>();
    const gate = signal<void>();
    const holder = open.database.transaction((trx, sql) =>
      here.once(trx, at, async () => {
        pid.resolve((await sql.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0);
        await gate.promise;
        await sql.query('select 1');
      }),
    );
    const died = holder.catch((error: unknown) => error);
    const victim = await pid.promise;
    const rival = pay(there, { ...at, lockTimeoutMs: 30_000 });
    await somebodyWaits(other.database);
    await other.database.sql.query('select pg_terminate_backend($1)', [victim]);
    expect(await rival).toEqual({ kind: 'fresh', value: { paid: true } });
    gate.resolve();
    expect(await died).toBeInstanceOf(Error);
  });

  it('reports the key in flight to work that uses the key it runs under', async () => {
    const running = open.database.transaction((trx) => here.once(trx, at, () => here.once(trx, at, async () => 1)));
    await expect(running).rejects.toMatchObject({ code: 'KEY_IN_FLIGHT' });
  });

  it('refuses a result that is not JSON, and leaves nothing of the work', async () => {
    const running = pay(here, at, { when: new Date(0) });
    await expect(running).rejects.toMatchObject({ code: 'RESULT_NOT_JSON', fields: { path: 'when', found: 'Date' } });
    expect(await effects(open.database)).toEqual([]);
    expect(await pay(here, at)).toMatchObject({ kind: 'fresh' });
  });

  it('stores what a codec says, and reads it back', async () => {
    const date = { encode: (value: Date) => value.toISOString(), decode: (json: unknown) => new Date(String(json)) };
    const run = () =>
      open.database.transaction((trx) => here.once(trx, { ...at, result: date }, async () => new Date(5)));
    expect(await run()).toEqual({ kind: 'fresh', value: new Date(5) });
    expect(await run()).toEqual({ kind: 'replayed', value: new Date(5) });
  });

  it('answers what a schema makes of the stored result, at the first run as at the replay', async () => {
    const count = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) =>
          typeof value === 'string'
            ? { value: Number(value) }
            : { issues: [{ message: 'secret value', path: ['count', { key: 0 }] }] },
      },
    };
    const run = (value: unknown) =>
      open.database.transaction((trx) => here.once(trx, { ...at, result: count }, async () => value));
    const refused = await run(7).catch((caught: unknown) => caught);
    expect(refused).toMatchObject({ code: 'RESULT_INVALID', fields: { paths: ['count.0'] } });
    expect(JSON.stringify(refused)).not.toContain('secret');
    expect(await run('7')).toEqual({ kind: 'fresh', value: 7 });
    expect(await run('8')).toEqual({ kind: 'replayed', value: 7 });
  });

  it('shows what is stored under a key, once it is committed and until it expires', async () => {
    const options = { ...at, operationType: 'charge', resourceId: 'o-1', ttlMs: 60_000, fingerprint: 1 };
    await open.database.transaction((trx) =>
      here.once(trx, options, async () => {
        expect(await there.lookup(at)).toBeUndefined();
        return { paid: true };
      }),
    );
    const stored = await there.lookup(at);
    expect(stored).toMatchObject({
      operationType: 'charge',
      resourceId: 'o-1',
      data: '{"paid":true}',
      httpStatus: null,
    });
    expect(stored?.requestHash).toMatch(/^[0-9a-f]{64}$/);
    expect((stored?.expiresAt.getTime() ?? 0) - (stored?.createdAt.getTime() ?? 0)).toBe(60_000);
    await open.database.sql.query(
      "update backstitch.idem_keys set created_at = now() - interval '2 days', expires_at = now() - interval '1 day'",
    );
    expect(await there.lookup(at)).toBeUndefined();
  });

  it('keeps a key for 24 hours where nothing else is said', async () => {
    await pay(here, at);
    const { rows } = await open.database.sql.query(
      "select expires_at - created_at = interval '24 hours' as day from backstitch.idem_keys",
    );
    expect(rows).toEqual([{ day: true }]);
  });

  it('refuses a transaction that is none', async () => {
    await expect(here.once(undefined, at, async () => 1)).rejects.toMatchObject({ code: 'NOT_A_TRANSACTION' });
  });

  it.each([
    [{ ...at, key: '' }, 'KEY_INVALID', 'key'],
    [{ ...at, key: 'a\0b' }, 'KEY_INVALID', 'key'],
    [{ ...at, scope: 'x'.repeat(1025) }, 'KEY_INVALID', 'scope'],
    [{ ...at, ttlMs: 0 }, 'OPTION_INVALID', 'ttlMs'],
    [{ ...at, lockTimeoutMs: 1.5 }, 'OPTION_INVALID', 'lockTimeoutMs'],
  ])('refuses the options %#', async (options, code, field) => {
    await expect(pay(here, options)).rejects.toMatchObject({ code, fields: { field } });
  });

  it('stores the longest names that it accepts, however little they compress', async () => {
    const noise = (seed: number) =>
      Array.from({ length: 512 }, (_, index) =>
        String.fromCodePoint(0xc0 + ((seed + index * 7919 + ((index * index * 31) >> 3)) % 0x100)),
      ).join('');
    expect(await pay(here, { scope: noise(1), key: noise(2) })).toMatchObject({ kind: 'fresh' });
  });
});
