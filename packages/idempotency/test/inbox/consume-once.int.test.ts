import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createIdempotency, type Idempotency } from '../../src/index.js';
import { drivers, effects, freshTables, somebodyWaits } from '../drivers.js';
import { signal } from '../signal.js';

let server: TestDatabase;
beforeAll(async () => {
  server = await testDatabase();
});
afterAll(() => server.drop());

const message = { consumer: 'billing', messageKey: 'm-1' };

describe.each(drivers)('the inbox over $name', (driver) => {
  let open: ReturnType<typeof driver.open>;
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

  const consume = (
    idempotency: Idempotency<unknown>,
    options: Parameters<typeof here.consumeOnce>[1],
    answer: unknown = { billed: 5 },
  ) =>
    (idempotency === here ? open : other).database.transaction((trx, sql) =>
      idempotency.consumeOnce(trx, options, async () => {
        await sql.query("insert into effect (name) values ('ran')");
        return answer;
      }),
    );

  it('runs the work once per consumer and message, and answers a duplicate what was answered then', async () => {
    expect(await consume(here, message)).toEqual({ kind: 'fresh', value: { billed: 5 } });
    expect(await consume(there, message, 'other')).toEqual({ kind: 'duplicate', value: { billed: 5 } });
    expect(await consume(there, { ...message, consumer: 'audit' }, null)).toEqual({ kind: 'fresh', value: null });
    expect(await consume(here, { ...message, consumer: 'audit' })).toEqual({ kind: 'duplicate', value: null });
    expect(await effects(open.database)).toEqual(['ran', 'ran']);
  });

  it('answers a duplicate nothing where nothing was answered', async () => {
    const nothing = (trx: unknown) => here.consumeOnce(trx, message, async () => undefined);
    expect(await open.database.transaction(nothing)).toEqual({ kind: 'fresh', value: undefined });
    expect(await open.database.transaction(nothing)).toEqual({ kind: 'duplicate', value: undefined });
  });

  it('lets fifty deliveries of one message run the work once', async () => {
    const deliveries = Array.from({ length: 50 }, (_, index) =>
      consume(index % 2 === 0 ? here : there, { ...message, lockTimeoutMs: 30_000 }),
    );
    const kinds = (await Promise.all(deliveries)).map((outcome) => outcome.kind);
    expect(kinds.filter((kind) => kind === 'fresh')).toHaveLength(1);
    expect(await effects(open.database)).toEqual(['ran']);
  });

  it('runs the work again where the transaction rolled back or the work threw', async () => {
    const rolledBack = open.database.transaction(async (trx) => {
      await here.consumeOnce(trx, message, async () => 1);
      throw new Error('later');
    });
    await expect(rolledBack).rejects.toThrow('later');
    await open.database.transaction(async (trx) => {
      await expect(here.consumeOnce(trx, message, () => Promise.reject(new Error('bug')))).rejects.toThrow('bug');
    });
    expect(await consume(here, message)).toMatchObject({ kind: 'fresh' });
  });

  it('hands the message to a waiting rival when the holder is killed', async () => {
    const pid = signal<number>();
    const gate = signal();
    const died = open.database
      .transaction((trx, sql) =>
        here.consumeOnce(trx, message, async () => {
          pid.resolve((await sql.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0);
          await gate.promise;
          await sql.query('select 1');
        }),
      )
      .catch((error: unknown) => error);
    const victim = await pid.promise;
    const rival = consume(there, { ...message, lockTimeoutMs: 30_000 });
    await somebodyWaits(other.database);
    await other.database.sql.query('select pg_terminate_backend($1)', [victim]);
    expect(await rival).toMatchObject({ kind: 'fresh' });
    gate.resolve();
    expect(await died).toBeInstanceOf(Error);
  });

  it('reports a message that somebody else has in an open transaction', async () => {
    const gate = signal();
    const claimed = signal();
    const holder = open.database.transaction((trx) =>
      here.consumeOnce(trx, message, async () => {
        claimed.resolve();
        await gate.promise;
      }),
    );
    await claimed.promise;
    await expect(consume(there, { ...message, lockTimeoutMs: 20 })).rejects.toMatchObject({
      code: 'KEY_IN_FLIGHT',
      fields: message,
    });
    gate.resolve();
    await holder;
  });

  it('reports the message in flight to work that consumes what it is just consuming', async () => {
    const running = open.database.transaction((trx) =>
      here.consumeOnce(trx, message, () => here.consumeOnce(trx, message, async () => 1)),
    );
    await expect(running).rejects.toMatchObject({ code: 'KEY_IN_FLIGHT' });
  });
});
