import type { Transport } from '@backstitch/messaging';
import { createInMemoryBroker, createSeededRandom } from '@backstitch/messaging/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createOutbox, createRelay, postgresOutboxStore, postgresOutboxTable } from '../src/index.js';
import { newRow } from '../src/testing/conformance/new-row.js';
import { type OutboxDatabase, outboxDatabase } from './postgres/outbox-database.js';

let db: OutboxDatabase;
beforeAll(async () => {
  db = await outboxDatabase({ max: 32 });
  await db.database.sql.query('create table counters (key text primary key, n integer not null default 0)');
});
afterAll(() => db.end());
afterEach(() => db.clear());

async function openBroker(seed = 1) {
  const broker = createInMemoryBroker({ seed });
  const transport = broker.transport();
  await transport.ensureTopics([{ topic: 'orders', partitions: 3 }]);
  const payloads = () =>
    (broker.topics().get('orders') ?? []).map(
      (record) => JSON.parse(record.value ?? 'null') as { key: string; n: number },
    );
  return { broker, transport, payloads };
}

const store = () => postgresOutboxStore({ database: db.database });
const insert = (...rows: Parameters<typeof newRow>[0][]) =>
  db.database.transaction((_trx, sql) =>
    postgresOutboxTable().insert(
      sql,
      rows.map((row) => newRow(row)),
    ),
  );

describe('two relays and 24 writers', () => {
  it('keep the order of every key and lose nothing, from memory and by polling, with a third of the transactions rolled back', async () => {
    const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));
    const random = createSeededRandom(seed);
    const { broker, transport, payloads } = await openBroker(seed);
    const perWriter = 25;
    const rolledBack = Array.from({ length: 24 }, () => Array.from({ length: perWriter }, () => random.chance(0.33)));
    const keys = Array.from({ length: 24 }, () => Array.from({ length: perWriter }, () => `key-${random.integer(6)}`));
    const expected = rolledBack.flat().filter((undone) => !undone).length;

    let delivered = 0;
    let allDelivered = (): void => undefined;
    const done = new Promise<void>((resolve) => (allDelivered = resolve));
    const onDelivered = (rows: readonly unknown[]): void => {
      delivered += rows.length;
      if (delivered === expected) allDelivered();
    };
    const relays = [transport, broker.transport()].map((one) =>
      createRelay({ store: store(), transport: one, batchSize: 20, pollIntervalMs: 20, onDelivered }),
    );
    for (const relay of relays) relay.start();
    const [first, second] = relays.map((relay) => createOutbox({ database: db.database, relay }));
    if (first === undefined || second === undefined) throw new Error('two relays were made');

    const write = async (writer: number, index: number): Promise<void> => {
      const key = keys[writer]?.[index] ?? '';
      const isUndone = rolledBack[writer]?.[index] ?? false;
      const message = (n: number) => ({
        topic: 'orders',
        aggregateType: 'order',
        aggregateId: key,
        type: 'OrderPlaced',
        payload: { key, n },
      });
      const count = `insert into counters (key, n) values ('${key}', 1) on conflict (key) do update set n = counters.n + 1 returning n`;
      const next = async (trx: { raw(text: string): PromiseLike<{ rows: { n: number }[] }> }) =>
        message((await trx.raw(count)).rows[0]?.n ?? 0);
      const end = (): void => {
        if (isUndone) throw new Error('undo');
      };
      // The counter's row lock puts the transactions of a key in an order; the message must follow it.
      const work =
        writer % 2 === 0
          ? first.transaction(async (trx, publish) => {
              await publish(await next(trx));
              end();
            })
          : db.knex.transaction(async (trx) => {
              await second.publish(trx, await next(trx));
              end();
            });
      await work.catch((error: Error) => expect(error.message).toBe('undo'));
    };
    await Promise.all(
      Array.from({ length: 24 }, async (_, writer) => {
        for (let index = 0; index < perWriter; index++) await write(writer, index);
      }),
    );
    await done;
    await Promise.all(relays.map((relay) => relay.stop()));

    const hint = `SEED=${seed}`;
    const firstSeen = new Map<string, number[]>();
    for (const { key, n } of payloads()) {
      const seen = firstSeen.get(key) ?? [];
      if (!seen.includes(n)) seen.push(n);
      firstSeen.set(key, seen);
    }
    for (const seen of firstSeen.values()) expect(seen, hint).toEqual(Array.from(seen, (_, index) => index + 1));
    expect([...firstSeen.values()].flat().length, hint).toBe(expected);
    expect(await store().counts(), hint).toMatchObject({ pending: 0, retry: 0, failed: 0 });
  });
});

describe('a relay that stalls beyond its lease', () => {
  it('can neither mark nor extend: the other relay’s send and mark stand', async () => {
    const { transport, payloads } = await openBroker();
    await insert({ payload: '{"key":"k","n":1}' }, { payload: '{"key":"k","n":2}' });
    let resume = (): void => undefined;
    let stalled = (): void => undefined;
    const isStalled = new Promise<void>((resolve) => (stalled = resolve));
    const gate = new Promise<void>((resolve) => (resume = resolve));
    const stalling: Transport = {
      ...transport,
      async send(records) {
        stalled();
        await gate;
        return transport.send(records);
      },
    };
    const run = createRelay({ store: store(), transport: stalling }).runOnce();
    await isStalled;
    await db.elapse(30_001);
    expect(await createRelay({ store: store(), transport }).runOnce()).toMatchObject({ claimed: 2, sent: 2, lost: 0 });
    const marks = () =>
      db.database.sql.query('select id, status, sent_at, claim_epoch from backstitch.outbox_events order by seq');
    const before = (await marks()).rows;
    resume();
    expect(await run).toMatchObject({ claimed: 2, sent: 2, lost: 2 });
    expect((await marks()).rows).toEqual(before);
    expect(payloads().map(({ n }) => n)).toEqual([1, 2, 1, 2]);
  });
});

describe('an outage of the broker', () => {
  it('costs no retry, whatever its length, and the order stays', async () => {
    const { broker, transport, payloads } = await openBroker();
    await insert({ payload: '{"key":"k","n":1}', maxRetries: 0 }, { payload: '{"key":"k","n":2}', maxRetries: 0 });
    const relay = createRelay({ store: store(), transport });
    broker.outage();
    for (let round = 0; round < 8; round++) {
      expect(await relay.runOnce()).toMatchObject({ claimed: 2, sent: 0, released: 2 });
      await db.elapse(60_000);
    }
    broker.heal();
    expect(await relay.runOnce()).toMatchObject({ sent: 2 });
    expect(payloads().map(({ n }) => n)).toEqual([1, 2]);
  });
});

describe('a refused record', () => {
  it('is sent again after 5, 10 and 20 seconds by the database’s clock, then FAILED, and blocks only its lane', async () => {
    const { transport, payloads } = await openBroker();
    await insert({ topic: 'missing' }, { topic: 'missing' }, { payload: '{"key":"k","n":1}' });
    const relay = createRelay({ store: store(), transport });
    const clockMs = async () =>
      (
        await db.database.sql.query<{ ms: number }>(
          'select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms',
        )
      ).rows[0]?.ms;
    const retryAtMs = async () => {
      const due = `select (extract(epoch from next_retry_at) * 1000)::float8 as ms from backstitch.outbox_events where status = 'RETRY'`;
      return (await db.database.sql.query<{ ms: number }>(due)).rows[0]?.ms;
    };
    let beforeMs = await clockMs();
    expect(await relay.runOnce()).toMatchObject({ sent: 1, refused: 1, released: 1 });
    for (const waitMs of [5_000, 10_000, 20_000]) {
      const refusedAtMs = ((await retryAtMs()) ?? Number.NaN) - waitMs;
      // A millisecond each way: the column holds no smaller ones.
      expect(refusedAtMs).toBeGreaterThanOrEqual((beforeMs ?? Number.NaN) - 1);
      expect(refusedAtMs).toBeLessThanOrEqual(((await clockMs()) ?? Number.NaN) + 1);
      await db.elapse(waitMs);
      beforeMs = await clockMs();
      expect(await relay.runOnce()).toMatchObject({ claimed: 2, refused: 1, released: 1 });
    }
    expect(await store().counts()).toMatchObject({ failed: 1, pending: 1, retry: 0, blockedLanes: 1 });
    expect(payloads()).toHaveLength(1);
  });
});
