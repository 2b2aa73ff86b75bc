import { randomUUID } from 'node:crypto';
import { type KafkaServer, startKafka } from '@backstitch/devkit';
import { describeWithKafka } from '@backstitch/devkit/testing';
import { createOneSignal } from '@backstitch/kafka-driver';
import { type OutboundRecord, type Transport, TransportUnavailableError } from '@backstitch/messaging';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kafkaTransport } from '../src/index.js';
import { collectingReader, firstValues } from './collecting-reader.js';
import { mortalClient } from './mortal-client.js';

/** A broker of its own: the run's is shared with every other test. */
type Crashable = Required<KafkaServer>;

async function startCrashable(): Promise<Crashable> {
  const server = await startKafka({ crashFriendly: true, quiet: true });
  if (server.kind === 'none') throw new Error('describeWithKafka lets nobody in without a Kafka');
  const { crash, restart, suspend, resume } = server;
  if (crash === undefined || restart === undefined || suspend === undefined || resume === undefined) {
    throw new Error('a Kafka given by KAFKA_BROKERS cannot be killed: unset it');
  }
  return { ...server, crash, restart, suspend, resume };
}

const untilSent = async (transport: Transport, records: readonly OutboundRecord[]): Promise<void> => {
  for (;;) {
    try {
      const results = await transport.send(records);
      expect(new Set(results.map(({ kind }) => kind))).toEqual(new Set(['sent']));
      return;
    } catch (error) {
      if (!(error instanceof TransportUnavailableError)) throw error;
    }
  }
};

describeWithKafka('over a crash of the broker', () => {
  let server: Crashable;
  let transport: Transport;
  beforeAll(async () => {
    server = await startCrashable();
    const { kafka } = mortalClient([...server.brokers]);
    transport = kafkaTransport({
      kafka,
      sessionTimeoutMs: 3000,
      heartbeatIntervalMs: 300,
      fetchWaitMs: 200,
      sendTimeoutMs: 2000,
    });
  });
  afterAll(async () => {
    await transport?.close();
    await server?.stop();
  });

  const newTopic = async (): Promise<string> => {
    const topic = `topic-${randomUUID()}`;
    await transport.ensureTopics([{ topic, partitions: 2 }]);
    return topic;
  };

  it('loses no acknowledged record, keeps lanes in order, blames no record, and reads on by itself', async () => {
    const topic = await newTopic();
    const record = (at: number): OutboundRecord => ({ topic, key: `key-${at % 4}`, value: String(at) });
    const reader = collectingReader();
    const subscription = await transport.subscribe({
      group: `group-${randomUUID()}`,
      topics: [topic],
      handle: reader.handle,
    });
    await untilSent(
      transport,
      Array.from({ length: 20 }, (_, at) => record(at)),
    );
    await reader.until((records) => firstValues(records).length >= 20);
    await server.crash();
    await expect(transport.send([record(20)])).rejects.toBeInstanceOf(TransportUnavailableError);
    const restarted = server.restart();
    await untilSent(
      transport,
      Array.from({ length: 20 }, (_, at) => record(20 + at)),
    );
    await restarted;
    const distinct = (records: readonly { readonly value: string | null }[]) => [
      ...new Set(records.map(({ value }) => value)),
    ];
    await reader.until((records) => distinct(records).length === 40);
    await subscription.close();
    for (let lane = 0; lane < 4; lane++) {
      const values = distinct(reader.records.filter(({ key }) => key === `key-${lane}`)).map(Number);
      expect(values).toEqual([...values].sort((one, other) => one - other));
    }
  }, 120_000);

  it('hands over again what was being handled, and does not count what was not', async () => {
    const topic = await newTopic();
    const group = `group-${randomUUID()}`;
    const begun = createOneSignal();
    let crashed = false;
    const reader = collectingReader(async () => {
      if (crashed) return;
      begun.raise();
      // A handler whose database went with the broker.
      throw new Error('the handler failed');
    });
    const subscription = await transport.subscribe({ group, topics: [topic], handle: reader.handle });
    await untilSent(transport, [{ topic, key: 'k', value: 'being handled' }]);
    await begun.raised;
    await server.crash();
    crashed = true;
    await server.restart();
    await reader.until((records) => records.some(({ value }) => value === 'being handled'));
    await subscription.close();
  }, 120_000);

  it('rejects at its deadline while the broker is frozen, and sends and reads on when it thaws', async () => {
    const topic = await newTopic();
    const reader = collectingReader();
    const subscription = await transport.subscribe({
      group: `group-${randomUUID()}`,
      topics: [topic],
      handle: reader.handle,
    });
    await untilSent(transport, [{ topic, key: 'k', value: 'before' }]);
    await server.suspend();
    // Nobody closes the connection and nobody answers: only the transport's own deadline ends this.
    const stuck = transport.send([{ topic, key: 'k', value: 'frozen' }]);
    const behind = transport.send([{ topic, key: 'k', value: 'behind it' }]);
    await expect(stuck).rejects.toBeInstanceOf(TransportUnavailableError);
    await expect(behind).rejects.toBeInstanceOf(TransportUnavailableError);
    await server.resume();
    await untilSent(transport, [{ topic, key: 'k', value: 'after' }]);
    await reader.until((records) => records.some(({ value }) => value === 'after'));
    await subscription.close();
  }, 120_000);

  it('closes in bounded time while the broker is gone', async () => {
    const topic = await newTopic();
    const subscription = await transport.subscribe({
      group: `group-${randomUUID()}`,
      topics: [topic],
      handle: async () => undefined,
    });
    await server.crash();
    await subscription.close({ timeoutMs: 100 });
    await subscription.stopped;
    await server.restart();
  }, 120_000);
});
