import { randomUUID } from 'node:crypto';
import { describeWithKafka, kafkaBrokers } from '@backstitch/devkit/testing';
import type { SendResult, Transport } from '@backstitch/messaging';
import type { Admin } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kafkaTransport } from '../src/index.js';
import { collectingReader } from './collecting-reader.js';
import { mortalClient } from './mortal-client.js';

const brokers = kafkaBrokers() ?? [];
const kinds = (results: readonly SendResult[]): string[] =>
  results.map((result) => (result.kind === 'refused' ? result.code : result.kind));

describeWithKafka('sending', () => {
  const { kafka } = mortalClient(brokers);
  let transport: Transport;
  let admin: Admin;
  beforeAll(async () => {
    transport = kafkaTransport({ kafka, maxRecordBytes: 4_000_000 });
    admin = kafka.admin();
    await admin.connect();
  });
  afterAll(async () => {
    await transport.close();
    await admin.disconnect();
  });

  const newTopic = async (partitions: number, config: Record<string, string> = {}): Promise<string> => {
    const topic = `topic-${randomUUID()}`;
    await transport.ensureTopics([{ topic, partitions, config }]);
    return topic;
  };
  const readAll = async (topic: string, count: number): Promise<(string | null)[]> => {
    const reader = collectingReader();
    const subscription = await transport.subscribe({
      group: `group-${randomUUID()}`,
      topics: [topic],
      handle: reader.handle,
    });
    await reader.until((records) => records.length >= count);
    await subscription.close();
    return reader.records.map(({ value }) => value);
  };

  it('finds by halving the records that the broker alone holds for too large, and writes the others once', async () => {
    const topic = await newTopic(1, { 'max.message.bytes': '2000' });
    const huge = 'x'.repeat(3000);
    const values = Array.from({ length: 12 }, (_, at) => (at === 3 || at === 8 ? huge : `record-${at}`));
    const results = await transport.send(values.map((value, at) => ({ topic, key: `key-${at % 6}`, value })));
    // The keys of 3 and 8 come again at 9 and nowhere.
    expect(kinds(results)).toEqual(
      values.map((value, at) => (value === huge ? 'RECORD_TOO_LARGE' : at === 9 ? 'held' : 'sent')),
    );
    expect((await readAll(topic, 9)).sort()).toEqual(values.filter((value, at) => value !== huge && at !== 9).sort());
  });

  it('sends more than the broker takes in one batch, in order', async () => {
    const topic = await newTopic(1);
    const values = Array.from({ length: 30 }, (_, at) => `${at}:`.padEnd(100_000, 'x'));
    expect(new Set(kinds(await transport.send(values.map((value) => ({ topic, key: 'k', value })))))).toEqual(
      new Set(['sent']),
    );
    expect(await readAll(topic, 30)).toEqual(values);
  });

  it('refuses a topic that was deleted since, and goes on sending to the others', async () => {
    const [doomed, stays] = [await newTopic(1), await newTopic(1)];
    const both = () => transport.send([doomed, stays].map((topic) => ({ topic, key: 'k', value: 'v' })));
    expect(kinds(await both())).toEqual(['sent', 'sent']);
    await admin.deleteTopics({ topics: [doomed] });
    expect(kinds(await both())).toEqual(['UNKNOWN_TOPIC', 'sent']);
    expect(kinds(await transport.send([{ topic: stays, key: 'k', value: 'v' }]))).toEqual(['sent']);
  });

  it('sends to a topic as soon as it was created, though it was refused a moment ago', async () => {
    const topic = `topic-${randomUUID()}`;
    const send = async () => kinds(await transport.send([{ topic, key: 'k', value: 'v' }]));
    expect(await send()).toEqual(['UNKNOWN_TOPIC']);
    await transport.ensureTopics([{ topic }]);
    expect(await send()).toEqual(['sent']);
  });

  it('refuses a topic name that no broker allows', async () => {
    expect(kinds(await transport.send([{ topic: 'no spaces allowed', key: 'k', value: 'v' }]))).toEqual([
      'UNKNOWN_TOPIC',
    ]);
  });

  it('says why a topic could not be created', async () => {
    const impossible = transport.ensureTopics([{ topic: `topic-${randomUUID()}`, replicationFactor: 7 }]);
    await expect(impossible).rejects.toMatchObject({
      code: 'KAFKA_TOPIC_NOT_CREATED',
      fields: { type: 'INVALID_REPLICATION_FACTOR' },
    });
  });

  it('rejects in bounded time where no broker listens, and blames no record', async () => {
    const nowhere = kafkaTransport({ kafka: mortalClient(['127.0.0.1:1']).kafka, sendTimeoutMs: 500 });
    await expect(nowhere.send([{ topic: 't', key: 'k', value: 'v' }])).rejects.toMatchObject({
      code: 'TRANSPORT_UNAVAILABLE',
    });
    await nowhere.close();
  });
});
