import { randomUUID } from 'node:crypto';
import { describeWithKafka, kafkaBrokers } from '@backstitch/devkit/testing';
import type { Transport } from '@backstitch/messaging';
import { transportConformance } from '@backstitch/messaging/testing';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { platformaticTransport } from '../src/index.js';
import { type MortalClient, mortalClient } from './mortal-client.js';

const brokers = kafkaBrokers() ?? [];

describeWithKafka('on a real broker,', () => {
  const clients = new Map<Transport, MortalClient>();
  const foreign = new kafkajs.Kafka({ clientId: 'foreign', brokers, logLevel: kafkajs.logLevel.NOTHING }).producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  beforeAll(() => foreign.connect());
  afterAll(async () => {
    for (const client of clients.values()) client.release();
    await foreign.disconnect();
  });

  transportConformance(
    {
      name: 'platformaticTransport',
      async createTransport() {
        const client = mortalClient(brokers);
        const transport = platformaticTransport({
          client: client.client,
          sessionTimeoutMs: 3000,
          heartbeatIntervalMs: 300,
          fetchWaitMs: 200,
        });
        clients.set(transport, client);
        return transport;
      },
      uniqueName: (prefix) => `${prefix}-${randomUUID()}`,
      crash: async (transport) => clients.get(transport)?.kill(),
      async write({ topic, key, value }) {
        await foreign.send({ topic, messages: [{ key, value: value === null ? null : Buffer.from(value) }] });
      },
      // Longer than the session: without heartbeats the member would be put out.
      features: { refusedValueBytes: 2_000_000, slowHandlerMs: 4500 },
    },
    { describe, it, beforeAll, afterAll },
  );
});
