import { silentLogger } from '@backstitch/messaging';
import type { Producer, ProducerConfig, RecordMetadata } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import type { KafkaClient } from '../src/kafka-client.js';
import { createProducerSession } from '../src/producer-session.js';
import { createSendCall, type SendEntry } from '@backstitch/kafka-driver';

type SendBatch = (config: ProducerConfig, batch: Parameters<Producer['sendBatch']>[0]) => Promise<RecordMetadata[]>;

/** A kafkajs whose producers do what the test says. */
function fakeKafka(sendBatch: SendBatch, connect: () => Promise<void> = async () => undefined) {
  const made: { readonly config: ProducerConfig; disconnected: boolean }[] = [];
  const kafka = {
    producer(config: ProducerConfig) {
      const one = { config, disconnected: false };
      made.push(one);
      return {
        connect,
        sendBatch: (batch: Parameters<Producer['sendBatch']>[0]) => sendBatch(config, batch),
        disconnect: async () => {
          one.disconnected = true;
        },
      };
    },
  } as unknown as KafkaClient;
  return { kafka, made };
}

const entriesOf = (...keys: string[]): readonly SendEntry[] =>
  createSendCall(keys.map((key) => ({ topic: 'orders', key, value: 'v', headers: { a: '1' } }))).entries;
const options = { logger: silentLogger, sendTimeoutMs: 1000 };

/** Chooses a partition for each message and answers for each of them, as kafkajs does. */
const write: SendBatch = async (config, { topicMessages = [] }) => {
  const choose = config.createPartitioner?.();
  const partitionMetadata = Array.from({ length: 12 }, (_, partitionId) => ({ partitionId, leader: 1 })) as never;
  return topicMessages.flatMap(({ topic, messages }) =>
    messages.map((message) => ({
      topicName: topic,
      partition: choose?.({ topic, partitionMetadata, message }) ?? -1,
      errorCode: 0,
    })),
  );
};

describe('a producer session', () => {
  // Hashes from Apache Kafka's own UtilsTest.testMurmur2: a key must fall where every other Kafka client puts it.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('puts the key %s where murmur2 says', async (key, hash) => {
    const session = createProducerSession({ ...options, kafka: fakeKafka(write).kafka });
    const [entry] = entriesOf(key) as [SendEntry];
    expect(session.partitionOf(entry)).toBeUndefined();
    expect((await session.produce([entry])).trouble).toBeUndefined();
    expect(session.partitionOf(entry)).toBe((hash & 0x7fffffff) % 12);
  });

  it('asks for all in-sync replicas, creates no topics, and connects when it is first used', async () => {
    const sent: object[] = [];
    const { kafka, made } = fakeKafka((config, batch) => {
      sent.push(batch);
      return write(config, batch);
    });
    const session = createProducerSession({ ...options, kafka });
    expect(made).toHaveLength(0);
    await session.produce(entriesOf('a', 'b'));
    await session.produce(entriesOf('c'));
    expect(made.map(({ config }) => config)).toMatchObject([{ allowAutoTopicCreation: false }]);
    expect(sent).toMatchObject([
      {
        acks: -1,
        topicMessages: [{ topic: 'orders', messages: [{ key: 'a', value: 'v', headers: { a: '1' } }, { key: 'b' }] }],
      },
      { acks: -1, topicMessages: [{ messages: [{ key: 'c' }] }] },
    ]);
  });

  it('answers what the broker refused and what it could not do', async () => {
    const errors = [Object.assign(new Error('x'), { type: 'MESSAGE_TOO_LARGE' }), new Error('socket')];
    const session = createProducerSession({
      ...options,
      kafka: fakeKafka(async () => Promise.reject(errors.shift())).kafka,
    });
    expect((await session.produce(entriesOf('a'))).trouble).toMatchObject({
      kind: 'refusal',
      code: 'RECORD_TOO_LARGE',
    });
    expect((await session.produce(entriesOf('a'))).trouble).toMatchObject({ kind: 'unavailable' });
  });

  it('connects again after it could not', async () => {
    let refusals = 1;
    const { kafka } = fakeKafka(write, () =>
      refusals-- > 0 ? Promise.reject(new Error('ECONNREFUSED')) : Promise.resolve(),
    );
    const session = createProducerSession({ ...options, kafka });
    expect((await session.produce(entriesOf('a'))).trouble).toMatchObject({ kind: 'unavailable' });
    expect((await session.produce(entriesOf('a'))).trouble).toBeUndefined();
  });

  it('gives up a request at the deadline, together with its producer', async () => {
    let hangs = true;
    const { kafka, made } = fakeKafka((config, batch) => (hangs ? new Promise(() => undefined) : write(config, batch)));
    const session = createProducerSession({ ...options, sendTimeoutMs: 1, kafka });
    expect((await session.produce(entriesOf('a'))).trouble).toMatchObject({
      kind: 'unavailable',
      type: 'SEND_TIMEOUT',
    });
    hangs = false;
    expect((await session.produce(entriesOf('a'))).trouble).toBeUndefined();
    expect(made.map(({ disconnected }) => disconnected)).toEqual([true, false]);
    await session.close(1000);
    expect(made.map(({ disconnected }) => disconnected)).toEqual([true, true]);
  });

  it('does not take a request for written whose answer leaves out a partition', async () => {
    const keys = Array.from({ length: 10 }, (_, at) => `key-${at}`);
    const forgetful: SendBatch = async (config, batch) => (await write(config, batch)).slice(1);
    const session = createProducerSession({ ...options, kafka: fakeKafka(forgetful).kafka });
    const entries = entriesOf(...keys);
    expect((await session.produce(entries)).trouble).toMatchObject({
      kind: 'unavailable',
      type: 'PARTITION_UNANSWERED',
    });
  });
});
