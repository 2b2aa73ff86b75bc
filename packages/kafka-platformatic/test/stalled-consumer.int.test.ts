import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { describeWithKafka, kafkaBrokers } from '@backstitch/devkit/testing';
import { kafkaTransport } from '@backstitch/kafka';
import { createOneSignal } from '@backstitch/kafka-driver';
import type { Transport } from '@backstitch/messaging';
import kafkajs from 'kafkajs';
import { expect, it } from 'vitest';
import { platformaticTransport } from '../src/index.js';
import { mortalClient } from './mortal-client.js';

const brokers = kafkaBrokers() ?? [];
const quick = {
  sessionTimeoutMs: 6000,
  heartbeatIntervalMs: 300,
  fetchWaitMs: 200,
  stallTimeoutMs: 2000,
  closeTimeoutMs: 100,
};

/** A transport whose connections can be made deaf: they stay open, take what is sent, and bring nothing any more. New ones are sound. */
interface Deafenable {
  readonly transport: Transport;
  deafen(): void;
  release(): void;
}

function overPlatformatic(): Deafenable {
  const { client, deafen, release } = mortalClient(brokers);
  return { transport: platformaticTransport({ client, ...quick }), deafen, release };
}

function overKafkajs(): Deafenable {
  const sockets = new Set<Socket>();
  const kafka = new kafkajs.Kafka({
    clientId: 'test',
    brokers,
    logLevel: kafkajs.logLevel.NOTHING,
    socketFactory({ host, port, onConnect }) {
      const socket = connect({ host, port }, onConnect);
      sockets.add(socket);
      return socket;
    },
  });
  return {
    transport: kafkaTransport({ kafka, ...quick }),
    deafen() {
      for (const socket of sockets) socket.pause();
    },
    release: () => undefined,
  };
}

describeWithKafka('a consumer that stops without a word', () => {
  it.each<[string, () => Deafenable]>([
    ['kafkajs', overKafkajs],
    ['platformatic', overPlatformatic],
  ])(
    'over %s is noticed, ends with a typed error, and leaves its record to a new process',
    async (_, make) => {
      const [frozen, sound] = [make(), make()];
      try {
        const topic = `topic-${randomUUID()}`;
        const group = `group-${randomUUID()}`;
        await sound.transport.ensureTopics([{ topic, partitions: 1 }]);
        const [before, after] = [createOneSignal(), createOneSignal<string | null | undefined>()];
        const subscription = await frozen.transport.subscribe({
          group,
          topics: [topic],
          handle: async () => before.raise(),
        });
        await sound.transport.send([{ topic, key: 'k', value: 'before' }]);
        await before.raised;
        frozen.deafen();
        const stopped = expect(subscription.stopped).rejects.toMatchObject({
          code: 'KAFKA_CONSUMER_STALLED',
          fields: { group, partitions: 1 },
        });
        await sound.transport.send([{ topic, key: 'k', value: 'unread' }]);
        await stopped;
        await sound.transport.subscribe({
          group,
          topics: [topic],
          handle: async ({ records }) => after.raise(records.at(-1)?.value),
        });
        expect(await after.raised).toBe('unread');
      } finally {
        await Promise.all([frozen.transport.close(), sound.transport.close()]);
        frozen.release();
        sound.release();
      }
    },
    120_000,
  );
});
