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
});
