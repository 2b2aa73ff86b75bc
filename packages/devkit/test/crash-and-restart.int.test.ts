import { Kafka, type KafkaMessage, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execute } from '../src/create-database.js';
import type { KafkaServer } from '../src/kafka-server.js';
import type { PostgresServer } from '../src/postgres-server.js';
import { startKafka } from '../src/start-kafka.js';
import { startPostgres } from '../src/start-postgres.js';
import { describeWithKafka } from '../src/testing.js';

const given = process.env['BACKSTITCH_SERVERS'] === 'env' || process.env['KAFKA_BROKERS'] !== undefined;

describe.skipIf(process.env['DATABASE_URL'] !== undefined)('a Postgres of our own', () => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => {
    await server.stop();
  });

  it('comes back after a crash, on the same port and with what was committed', async () => {
    const url = await server.createDatabase('survivor');
    await execute(url, 'create table kept as select 1 as id');
    await server.crash?.();
    await expect(execute(url, 'select 1')).rejects.toThrow();
    await server.restart?.();
    await execute(url, 'select id from kept');
    await server.dropDatabase('survivor');
    await expect(execute(url, 'select 1')).rejects.toThrow(/does not exist/);
  });
});

describeWithKafka('a Kafka of our own', () => {
  describe.skipIf(given)('killed', () => {
    let server: KafkaServer;

    beforeAll(async () => {
      const started = await startKafka({ crashFriendly: true });
      if (started.kind === 'none') throw new Error('The run has a Kafka, so there should be another one.');
      server = started;
    });
    afterAll(async () => {
      await server.stop();
    });

    it('comes back on the same port with the records it had acknowledged', async () => {
      const kafka = new Kafka({ brokers: server.brokers, logLevel: logLevel.NOTHING });
      await send(kafka, 'before');
      await server.crash?.();
      await server.restart?.();
      await send(kafka, 'after');
      expect(await receive(kafka, 2)).toEqual(['before', 'after']);
    });
  });
});

async function send(kafka: Kafka, value: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'survivors', numPartitions: 1 }] });
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: 'survivors', acks: -1, messages: [{ value }] });
  await producer.disconnect();
}

async function receive(kafka: Kafka, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: 'reader' });
  await consumer.connect();
  await consumer.subscribe({ topic: 'survivors', fromBeginning: true });
  const received: KafkaMessage[] = [];
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({ message }: { message: KafkaMessage }): Promise<void> => {
      received.push(message);
      if (received.length === count) resolve();
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  return received.map((message) => message.value?.toString() ?? '');
}
