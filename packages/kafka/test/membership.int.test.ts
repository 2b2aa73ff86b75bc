import { randomUUID } from 'node:crypto';
import { describeWithKafka, kafkaBrokers } from '@backstitch/devkit/testing';
import { createOneSignal } from '@backstitch/kafka-driver';
import type { InboundRecord, Transport } from '@backstitch/messaging';
import type { Admin } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kafkaTransport } from '../src/index.js';
import { collectingReader, firstValues } from './collecting-reader.js';
import { mortalClient } from './mortal-client.js';

const brokers = kafkaBrokers() ?? [];
const quick = { sessionTimeoutMs: 3000, heartbeatIntervalMs: 300, fetchWaitMs: 200, offsetCommitIntervalMs: 50 };

describeWithKafka('a member of a group', () => {
  const { kafka } = mortalClient(brokers);
  let transport: Transport;
  let admin: Admin;
  beforeAll(async () => {
    transport = kafkaTransport({ kafka, ...quick });
    admin = kafka.admin();
    await admin.connect();
  });
  afterAll(async () => {
    await transport.close();
    await admin.disconnect();
  });

  const newTopic = async (partitions: number): Promise<string> => {
    const topic = `topic-${randomUUID()}`;
    await transport.ensureTopics([{ topic, partitions }]);
    return topic;
  };
  const committedOffset = async (groupId: string, topic: string): Promise<string | undefined> => {
    const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
    return offsets?.partitions.find(({ partition }) => partition === 0)?.offset;
  };
  const untilCommitted = async (groupId: string, topic: string, offset: string): Promise<void> => {
    // Asks until the broker says so: each question is a round trip, and the test's time-out is the bound.
    while ((await committedOffset(groupId, topic)) !== offset);
  };

  it('commits no offset before its handler resolved, and then on its own', async () => {
    const topic = await newTopic(1);
    const group = `group-${randomUUID()}`;
    const [begun, gate] = [createOneSignal(), createOneSignal()];
    const values = ['0', '1', '2', '3'];
    await transport.send(values.map((value) => ({ topic, key: 'k', value })));
    const reader = collectingReader(async ({ records }) => {
      if (records[0]?.value !== '2') return;
      begun.raise();
      await gate.raised;
    });
    const subscription = await transport.subscribe({
      group,
      topics: [topic],
      maxBatchRecords: 2,
      handle: reader.handle,
    });
    await begun.raised;
    // The first batch is committed by the timer while the second is being handled, which holds back the rest.
    await untilCommitted(group, topic, '2');
    gate.raise();
    await untilCommitted(group, topic, '4');
    await subscription.close();
    expect(firstValues(reader.records)).toEqual(values);
  });

  it('aborts a slow handler when another member joins, hands its partitions over, and repeats nothing that it finished', async () => {
    const topic = await newTopic(4);
    const group = `group-${randomUUID()}`;
    const aborted = createOneSignal();
    const underWay = createOneSignal();
    let slow = true;
    const first = collectingReader(async (_, { signal }) => {
      if (!slow) return;
      slow = false;
      underWay.raise();
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      aborted.raise();
    });
    const second = collectingReader();
    const one = await transport.subscribe({ group, topics: [topic], handle: first.handle });
    const keys = Array.from({ length: 40 }, (_, at) => `key-${at}`);
    await transport.send(keys.map((key) => ({ topic, key, value: key })));
    await underWay.raised;
    // The same transport: two members in one process must not share kafkajs' memory of offsets.
    const two = await transport.subscribe({ group, topics: [topic], handle: second.handle });
    await aborted.raised;
    await transport.send(keys.map((key) => ({ topic, key, value: `again ${key}` })));
    const all = (): InboundRecord[] => [...first.records, ...second.records];
    const complete = () => firstValues(all()).length === 80;
    await Promise.race([first.until(complete), second.until(complete)]);
    await Promise.all([one.close(), two.close()]);
    expect(second.records.length).toBeGreaterThan(0);
    expect(all().length, 'nothing came twice').toBe(80);
  });

  it('serves two members of one group with different topics on one transport', async () => {
    const [orders, payments] = [await newTopic(2), await newTopic(2)];
    const group = `group-${randomUUID()}`;
    const [first, second] = [collectingReader(), collectingReader()];
    const one = await transport.subscribe({ group, topics: [orders], handle: first.handle });
    const two = await transport.subscribe({ group, topics: [payments], handle: second.handle });
    const keys = Array.from({ length: 10 }, (_, at) => `key-${at}`);
    await transport.send(keys.flatMap((key) => [orders, payments].map((topic) => ({ topic, key, value: key }))));
    await Promise.all([first.until(({ length }) => length >= 10), second.until(({ length }) => length >= 10)]);
    await Promise.all([one.close(), two.close()]);
    expect(new Set(first.records.map(({ topic }) => topic))).toEqual(new Set([orders]));
    expect(new Set(second.records.map(({ topic }) => topic))).toEqual(new Set([payments]));
  });

  it('leaves the group at close, so that no session has to run out', async () => {
    const topic = await newTopic(1);
    const group = `group-${randomUUID()}`;
    const hanging = collectingReader(() => new Promise(() => undefined));
    const begun = createOneSignal();
    const subscription = await transport.subscribe({
      group,
      topics: [topic],
      handle: (batch, context) => {
        begun.raise();
        return hanging.handle(batch, context);
      },
    });
    await transport.send([{ topic, key: 'k', value: 'v' }]);
    await begun.raised;
    await subscription.close({ timeoutMs: 0 });
    const { groups } = await admin.describeGroups([group]);
    expect(groups.map(({ members, state }) => ({ members, state }))).toEqual([{ members: [], state: 'Empty' }]);
  });

  it('is refused a topic that does not exist, by a typed error', async () => {
    const missing = transport.subscribe({
      group: `group-${randomUUID()}`,
      topics: ['nowhere'],
      handle: async () => undefined,
    });
    await expect(missing).rejects.toMatchObject({
      code: 'TOPIC_UNKNOWN',
      hint: expect.stringContaining('ensureTopics'),
    });
  });

  it('is refused a session that the broker does not allow, by a typed error', async () => {
    const topic = await newTopic(1);
    // Kafka's greatest session is half an hour unless configured.
    const patient = kafkaTransport({ kafka, ...quick, sessionTimeoutMs: 3_600_000 });
    const refused = patient.subscribe({
      group: `group-${randomUUID()}`,
      topics: [topic],
      handle: async () => undefined,
    });
    await expect(refused).rejects.toMatchObject({
      code: 'KAFKA_CONSUMER_DIED',
      fields: { why: 'INVALID_SESSION_TIMEOUT' },
    });
    await patient.close();
  });
});
