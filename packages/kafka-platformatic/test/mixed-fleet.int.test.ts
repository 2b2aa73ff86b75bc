import { randomUUID } from 'node:crypto';
import { describeWithKafka, kafkaBrokers } from '@backstitch/devkit/testing';
import { kafkaTransport } from '@backstitch/kafka';
import { createOneSignal } from '@backstitch/kafka-driver';
import {
  type BatchHandler,
  type InboundRecord,
  type OutboundRecord,
  partitionOf,
  type Transport,
} from '@backstitch/messaging';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { platformaticTransport } from '../src/index.js';

const brokers = kafkaBrokers() ?? [];
const quick = { sessionTimeoutMs: 6000, heartbeatIntervalMs: 300, fetchWaitMs: 200, offsetCommitIntervalMs: 50 };
const newKafka = () => new kafkajs.Kafka({ clientId: 'test', brokers, logLevel: kafkajs.logLevel.NOTHING });

/** Keeps records and resolves when there are so many different ones. */
function reader(count: number) {
  const records = new Map<string, InboundRecord>();
  const enough = createOneSignal();
  const handle: BatchHandler = async (batch) => {
    for (const record of batch.records) records.set(`${record.partition}/${record.offset}`, record);
    if (records.size >= count) enough.raise();
  };
  return { records, handle, enough: enough.raised };
}

describeWithKafka('a fleet of both drivers', () => {
  let overKafkajs: Transport;
  let overPlatformatic: Transport;
  beforeAll(() => {
    overKafkajs = kafkaTransport({ kafka: newKafka(), ...quick });
    overPlatformatic = platformaticTransport({ client: { clientId: 'test', bootstrapBrokers: brokers }, ...quick });
  });
  afterAll(async () => {
    await Promise.all([overKafkajs?.close(), overPlatformatic?.close()]);
  });
  const drivers = { kafkajs: () => overKafkajs, platformatic: () => overPlatformatic };

  const newTopic = async (partitions: number): Promise<string> => {
    const topic = `topic-${randomUUID()}`;
    await overPlatformatic.ensureTopics([{ topic, partitions }]);
    return topic;
  };
  const readAll = async (transport: Transport, topic: string, count: number): Promise<InboundRecord[]> => {
    const { records, handle, enough } = reader(count);
    const subscription = await transport.subscribe({ group: `group-${randomUUID()}`, topics: [topic], handle });
    await enough;
    await subscription.close();
    return [...records.values()];
  };

  it.each<['kafkajs' | 'platformatic']>([['kafkajs'], ['platformatic']])(
    'reads through either what %s wrote: the same key, value, headers and partition',
    async (writer) => {
      const topic = await newTopic(5);
      const sent: OutboundRecord[] = Array.from({ length: 60 }, (_, at) => ({
        topic,
        key: ['order', 'Schlüssel', '', '鍵', 'x'.repeat(100)][at % 5] + String(at),
        value: at % 7 === 0 ? '' : `value ${at} 東京`,
        headers: { 'ce-id': String(at), ü: 'ä', empty: '' },
      }));
      expect((await drivers[writer]().send(sent)).every(({ kind }) => kind === 'sent')).toBe(true);
      const told = ({ key, value, headers, partition, timestampMs, offset }: InboundRecord) =>
        JSON.stringify([key, value, Object.entries(headers), partition, timestampMs, offset]);
      const [one, other] = [await readAll(overKafkajs, topic, 60), await readAll(overPlatformatic, topic, 60)];
      expect(one.map(told).sort()).toEqual(other.map(told).sort());
      for (const record of other) expect(record.partition).toBe(partitionOf(record.key ?? '', 5));
      expect(other.map(({ value }) => value).sort()).toEqual(sent.map(({ value }) => value).sort());
    },
  );

  it.each<['kafkajs' | 'platformatic', 'kafkajs' | 'platformatic']>([
    ['kafkajs', 'platformatic'],
    ['platformatic', 'kafkajs'],
  ])(
    'shares a group that %s leads with %s, hands partitions over, and repeats nothing that was committed',
    async (leader, follower) => {
      const topic = await newTopic(4);
      const group = `group-${randomUUID()}`;
      const keys = Array.from({ length: 40 }, (_, at) => `key-${at}`);
      const sendAll = (prefix: string) =>
        overKafkajs.send(keys.map((key) => ({ topic, key, value: `${prefix} ${key}` })));
      const alone = reader(40);
      const seen: string[] = [];
      const places = { leader: new Set<number>(), follower: new Set<number>() };
      const together = createOneSignal();
      const note =
        (who: 'leader' | 'follower'): BatchHandler =>
        async (batch, context) => {
          if (who === 'leader') await alone.handle(batch, context);
          for (const { value, partition } of batch.records) {
            seen.push(value ?? '');
            if (value?.startsWith('together') === true) places[who].add(partition);
          }
          if (new Set(seen).size === 80) together.raise();
        };
      const first = await drivers[leader]().subscribe({ group, topics: [topic], handle: note('leader') });
      await sendAll('alone');
      await alone.enough;
      const second = await drivers[follower]().subscribe({ group, topics: [topic], handle: note('follower') });
      await sendAll('together');
      await together.raised;
      expect([places.leader.size, places.follower.size]).toEqual([2, 2]);
      expect(seen).toHaveLength(80);
      await first.close();
      // The other driver's member takes over, as a leader now, what the first one had.
      const rest = reader(40);
      const last = await drivers[leader]().subscribe({ group, topics: [topic], handle: rest.handle });
      await second.close();
      await sendAll('last');
      await rest.enough;
      expect([...rest.records.values()].every(({ value }) => value?.startsWith('last'))).toBe(true);
      await last.close();
    },
  );

  it('is refused a consumer that offers the group no protocol of theirs, by a typed error', async () => {
    const topic = await newTopic(1);
    const group = `group-${randomUUID()}`;
    const stranger = newKafka().consumer({
      groupId: group,
      partitionAssigners: [({ ...rest }) => ({ ...kafkajs.PartitionAssigners.roundRobin(rest), ...strange })],
    });
    const joined = createOneSignal();
    stranger.on(stranger.events.GROUP_JOIN, () => joined.raise());
    await stranger.connect();
    await stranger.subscribe({ topics: [topic] });
    await stranger.run({ eachMessage: async () => undefined });
    await joined.raised;
    await expect(
      overPlatformatic.subscribe({ group, topics: [topic], handle: async () => undefined }),
    ).rejects.toMatchObject({
      code: 'KAFKA_CONSUMER_DIED',
      fields: { why: 'INCONSISTENT_GROUP_PROTOCOL' },
    });
    await stranger.disconnect();
  });
});

/** An assigner by a name that nobody else offers. */
const strange = {
  name: 'StrangeAssigner',
  version: 1,
  protocol: ({ topics }: { topics: string[] }) => ({
    name: 'StrangeAssigner',
    metadata: kafkajs.AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.alloc(0) }),
  }),
};
