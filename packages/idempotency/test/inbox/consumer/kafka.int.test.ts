import { randomUUID } from 'node:crypto';
import { describeWithKafka, kafkaBrokers, type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import { kafkaTransport } from '@backstitch/kafka';
import type { Transport } from '@backstitch/messaging';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createInboxConsumer, kafkaRetention } from '../../../src/inbox/index.js';
import { type Driver, effects, freshTables, pgDriver } from '../../drivers.js';
import { signal } from '../../signal.js';

describeWithKafka('the inbox consumer on Kafka', () => {
  let server: TestDatabase;
  let open: ReturnType<Driver<pg.PoolClient>['open']>;
  let transport: Transport;
  let admin: Admin;
  const topic = `orders-${randomUUID()}`;
  beforeAll(async () => {
    server = await testDatabase();
    open = pgDriver.open(server.url);
    await freshTables(open.database as Parameters<typeof freshTables>[0]);
    const kafka = new Kafka({ clientId: 'inbox', brokers: kafkaBrokers() ?? [], logLevel: logLevel.NOTHING });
    transport = kafkaTransport({ kafka, sessionTimeoutMs: 3000, heartbeatIntervalMs: 300, fetchWaitMs: 200 });
    admin = kafka.admin();
    await admin.connect();
    await transport.ensureTopics([
      { topic, partitions: 1, replicationFactor: 1, config: { 'retention.ms': '3600000' } },
    ]);
  });
  afterAll(async () => {
    await transport.close();
    await admin.disconnect();
    await open.close();
    await server.drop();
  });

  const billing = (inboxRetentionMs: number, handled: (id: string) => void) =>
    createInboxConsumer<pg.PoolClient, { id: string }>({
      database: open.database,
      transport,
      consumer: `billing-${topic}`,
      topics: [topic],
      inboxRetentionMs,
      brokerRetention: kafkaRetention(admin),
      async handle(trx, { id }) {
        await trx.query('insert into effect (name) values ($1)', [id]);
        handled(id);
      },
    });

  it('asks the broker how long it keeps the topic', async () => {
    await expect(billing(3_600_000, () => undefined).start()).rejects.toMatchObject({
      code: 'RETENTION_TOO_SHORT',
      fields: { topic, brokerRetentionMs: 3_600_000 },
    });
  });

  it('handles what a producer has sent twice once, and says how far it has got', async () => {
    const ids = ['1', '2', '2', '3', '1', '4'];
    await transport.send(ids.map((id) => ({ topic, key: 'k', value: JSON.stringify({ id }), headers: { ce_id: id } })));
    const last = signal();
    const consumer = billing(3_600_001, (id) => {
      if (id === '4') last.resolve();
    });
    await consumer.start();
    await last.promise;
    await consumer.stop();
    expect(await effects(open.database as Parameters<typeof effects>[0])).toEqual(['1', '2', '3', '4']);
    expect(await consumer.watermarks()).toMatchObject([
      { topic, partition: 0, nextOffset: '6', handled: '4', duplicates: '2', deadLetters: '0' },
    ]);
  });

  it('puts poison and bugs aside, waits for the database, keeps each key in order, and takes letters back', async () => {
    const topic = `bills-${randomUUID()}`;
    await open.database.sql.query('create table bills (n bigint generated always as identity, id text not null)');
    await transport.ensureTopics([{ topic, partitions: 2, replicationFactor: 1 }]);
    const bill = (key: string, id: string) => ({ topic, key, value: JSON.stringify({ id }), headers: { ce_id: id } });
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    await transport.send([
      // A: nobody can read it, or name it. C: the handler's bug.
      { topic, key: 'a', value: 'no json', headers: { ce_id: 'unreadable' } },
      { topic, key: 'b', value: '{"id":"nameless"}', headers: {} },
      ...keys.flatMap((key) => ['1', '2', '3'].map((n) => bill(key, `${key}${n}`))),
    ]);
    const name = `bills-${topic}`;
    let bug = true;
    let refusals = 2;
    const consumer = createInboxConsumer<pg.PoolClient, { id: string }>({
      ...{ database: open.database, transport, consumer: name, topics: [topic], inboxRetentionMs: 'forever' },
      retryDelaysMs: [1],
      async handle(trx, { id }) {
        if (bug && id === 'c2') throw new Error('bug');
        // D: the server ends its own session, twice. Nothing is counted, and the broker delivers again.
        if (id === 'd1' && refusals > 0) {
          refusals -= 1;
          await trx.query('select pg_terminate_backend(pg_backend_pid())');
        }
        await trx.query('insert into bills (id) values ($1)', [id]);
      },
    });
    const mine = async () => {
      const { rows } = await open.database.sql.query<{ id: string }>('select id from bills order by n');
      return rows.map(({ id }) => id);
    };
    const counts = async () => {
      const marks = await consumer.watermarks();
      const sum = (of: (mark: (typeof marks)[number]) => string) =>
        marks.reduce((all, mark) => all + Number(of(mark)), 0);
      return {
        partitions: marks.length,
        next: sum((mark) => mark.nextOffset),
        letters: sum((mark) => mark.deadLetters),
      };
    };
    await consumer.start();
    try {
      // Handlers run again after a rollback, so the account is read where it is committed.
      while ((await counts()).next < 20) await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await consumer.stop();
    }
    expect(await counts()).toEqual({ partitions: 2, next: 20, letters: 4 });
    const letters = await consumer.deadLetters();
    expect(letters.map(({ key, status, code }) => `${key} ${status} ${code}`).toSorted()).toEqual([
      'a quarantined MESSAGE_UNREADABLE',
      'b quarantined MESSAGE_KEY_MISSING',
      'c failed HANDLER_FAILED',
      'c held KEY_HELD',
    ]);
    bug = false;
    expect(await consumer.redrive({ where: { key: 'c' } })).toEqual({ redriven: 2, failed: 0, held: 0 });
    const order = await mine();
    for (const key of keys) {
      expect(
        order.filter((id) => id.startsWith(key)),
        key,
      ).toEqual([`${key}1`, `${key}2`, `${key}3`]);
    }
    expect(refusals).toBe(0);
    expect(await consumer.deadLetters({ status: 'quarantined' })).toHaveLength(2);
  });
});
