import { createInMemoryBroker } from '@backstitch/messaging/testing';
import { type Database, postgresDatabase } from '@backstitch/postgres';
import createKnex, { type Knex } from 'knex';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  createHintListener,
  createHintSender,
  createOutbox,
  createRelay,
  postgresOutboxStore,
} from '../../src/index.js';
import { type OutboxDatabase, outboxDatabase } from '../postgres/outbox-database.js';
import { findPgBouncer, type PgBouncer, startPgBouncer } from './pgbouncer.js';

let db: OutboxDatabase;
const closing: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  db = await outboxDatabase();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await db.clear();
});
afterAll(() => db.end());

const message = (n: number) => ({
  ...{ topic: 'orders', aggregateType: 'order', aggregateId: `o${n % 3}`, type: 'Counted', payload: { key: n % 3, n } },
});

/** A relay that would not look for an hour, and who tells it to. */
async function hintedRelay(database: Database<unknown>, expected: number) {
  const broker = createInMemoryBroker();
  const transport = broker.transport();
  await transport.ensureTopics([{ topic: 'orders', partitions: 1 }]);
  let delivered = 0;
  let finish = (): void => undefined;
  const done = new Promise<void>((resolve) => (finish = resolve));
  let asleep = (): void => undefined;
  const isAsleep = new Promise<void>((resolve) => (asleep = resolve));
  const plain = postgresOutboxStore({ database });
  let heard = 0;
  const claim: typeof plain.claim = async (options) => {
    const isWoken = heard > 0;
    const rows = await plain.claim(options);
    if (isWoken) asleep();
    return rows;
  };
  const store = { ...plain, claim };
  const relay = createRelay({
    ...{ store, transport, pollIntervalMs: 3_600_000, longestPollIntervalMs: 3_600_000 },
    onDelivered(rows) {
      delivered += rows.length;
      if (delivered >= expected) finish();
    },
  });
  relay.start();
  const listener = createHintListener({
    client: () => new pg.Client({ connectionString: db.url }),
    relay: {
      hint(ids) {
        heard += 1;
        relay.hint(ids);
      },
    },
  });
  listener.start();
  closing.push(() => relay.stop(), listener.stop);
  // The listener wakes the relay when it has begun to listen; what comes after that look is found by hints alone.
  await isAsleep;
  return { broker, done, heard: () => heard };
}

describe('hints by NOTIFY', () => {
  it('wake a relay of another process, which would not have looked for an hour', async () => {
    const { done, heard } = await hintedRelay(db.database, 2);
    const hints = createHintSender({ database: db.database });
    closing.push(hints.stop);
    const outbox = createOutbox({ database: db.database, hints });
    await db.knex.transaction((trx) => outbox.publish(trx, message(1)));
    await outbox.transaction((_trx, publish) => publish(message(2)));
    await done;
    expect(heard()).toBeGreaterThanOrEqual(2);
  });

  it('are heard again after the listener’s connection was lost', async () => {
    const { done, heard } = await hintedRelay(db.database, 1);
    const outbox = createOutbox({ database: db.database });
    await db.knex.transaction((trx) => outbox.publish(trx, message(1)));
    expect(heard()).toBe(1);
    // Nobody says anything: that it listens again is reason enough to look.
    await db.database.sql.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen%'`,
    );
    await done;
    expect(heard()).toBe(2);
  });
});

describe('behind PgBouncer in transaction mode', () => {
  it('writers, relays and hints do what they do without it', async (context) => {
    const binary = findPgBouncer();
    if (binary === null) return context.skip('no pgbouncer here: apt-get install pgbouncer');
    const bouncer: PgBouncer = await startPgBouncer(binary, db.url);
    closing.push(bouncer.stop);
    const knex: Knex = createKnex({ client: 'pg', connection: bouncer.url, pool: { min: 0, max: 12 } });
    closing.push(() => knex.destroy());
    const database: Database<Knex.Transaction> = postgresDatabase(knex);
    const total = 60;
    const { broker, done } = await hintedRelay(database, total);
    const second = createRelay({
      store: postgresOutboxStore({ database }),
      transport: broker.transport(),
      batchSize: 7,
    });
    second.start();
    closing.push(() => second.stop());
    const hints = createHintSender({ database });
    closing.push(hints.stop);
    const outbox = createOutbox({ database, hints });
    // The number is drawn behind the lane's lock, so that a key's numbers rise in the order of commits.
    let drawn = 0;
    await Promise.all(
      Array.from({ length: total }, (_, index) =>
        knex.transaction(async (trx) => {
          await trx.raw('select pg_advisory_xact_lock(?)', [index % 3]);
          drawn += 1;
          await outbox.publish(trx, { ...message(index), payload: { key: index % 3, n: drawn } }, { lockKey: true });
        }),
      ),
    );
    const seen = () =>
      (broker.topics().get('orders') ?? []).map(
        (record) => JSON.parse(record.value ?? 'null') as { key: number; n: number },
      );
    // Both relays send; what the second one delivered does not count for the first one's signal.
    for (let rows = 1; rows > 0; ) {
      await Promise.race([done, new Promise<void>((resolve) => setImmediate(resolve))]);
      rows = (await postgresOutboxStore({ database }).counts()).pending;
    }
    expect(new Set(seen().map(({ n }) => n)).size).toBe(total);
    for (const key of [0, 1, 2]) {
      const numbers = seen().filter((one) => one.key === key);
      expect(numbers.map(({ n }) => n)).toEqual(numbers.map(({ n }) => n).sort((one, other) => one - other));
    }
  });
});
