import { randomUUID } from 'node:crypto';
import { describeWithKafka, kafkaBrokers } from '@backstitch/devkit/testing';
import type { Transport } from '@backstitch/messaging';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kafkaTransport } from '../src/index.js';
import { collectingReader } from './collecting-reader.js';
import { mortalClient } from './mortal-client.js';

const brokers = kafkaBrokers() ?? [];

describeWithKafka('records that someone else wrote', () => {
  const { kafka } = mortalClient(brokers);
  const foreign = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  let transport: Transport;
  beforeAll(async () => {
    await foreign.connect();
    transport = kafkaTransport({ kafka, maxRecordBytes: 10_000 });
  });
  afterAll(async () => {
    await transport.close();
    await foreign.disconnect();
  });

  const readBehind = async (headers: Record<string, string | string[]>, value = 'bomb') => {
    const topic = `topic-${randomUUID()}`;
    await transport.ensureTopics([{ topic, partitions: 1 }]);
    await foreign.send({ topic, messages: [{ key: 'k', value, headers }] });
    await transport.send([{ topic, key: 'k', value: 'good' }]);
    const reader = collectingReader();
    const subscription = await transport.subscribe({
      group: `group-${randomUUID()}`,
      topics: [topic],
      handle: reader.handle,
    });
    await reader.until((records) => records.some((record) => record.value === 'good'));
    await subscription.close();
    return reader.records;
  };

  it('with 20,000 headers arrive marked as poison, and the next record arrives behind them', async () => {
    // kafkajs' own decoder copies 200 million header entries for this record: a minute, far beyond this test's time-out.
    const [bomb, good] = await readBehind(
      Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`h${at}`, 'v'])),
    );
    expect(bomb).toMatchObject({ value: 'bomb', poison: '20000 headers' });
    expect(Object.keys(bomb?.headers ?? {}).length).toBeLessThanOrEqual(64);
    expect(good).toMatchObject({ value: 'good' });
    expect(good?.poison).toBeUndefined();
  }, 30_000);

  it('with one header name twice keep its first value, and hostile names harm nothing', async () => {
    const [record] = await readBehind({
      twice: ['first', 'second'],
      ...JSON.parse('{"__proto__":"x","constructor":"y"}'),
    });
    expect(Object.entries(record?.headers ?? {})).toEqual([
      ['twice', 'first'],
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect(record?.poison).toBeUndefined();
  });

  it('with a longer value than allowed arrive cut and marked as poison', async () => {
    const [record] = await readBehind({}, 'x'.repeat(20_000));
    expect(record?.value).toHaveLength(10_000);
    expect(record?.poison).toBe('a value of 20000 bytes, where 10000 are allowed');
  });

  it('of a transaction are passed with its markers, and those of an aborted one are not handed over', async () => {
    const topic = `topic-${randomUUID()}`;
    const group = `group-${randomUUID()}`;
    await transport.ensureTopics([{ topic, partitions: 1 }]);
    const producer = kafka.producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      transactionalId: `transaction-${randomUUID()}`,
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    for (const end of ['abort', 'commit'] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ key: 'k', value: end }] });
      await transaction[end]();
    }
    await producer.disconnect();
    const reader = collectingReader();
    const subscription = await transport.subscribe({ group, topics: [topic], handle: reader.handle });
    await reader.until((records) => records.length > 0);
    await subscription.close();
    expect(reader.records.map(({ value }) => value)).toEqual(['commit']);
    const admin = kafka.admin();
    await admin.connect();
    const [committed] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    const [end] = await admin.fetchTopicOffsets(topic);
    await admin.disconnect();
    expect(committed?.partitions[0]?.offset).toBe(end?.high);
  });
});
