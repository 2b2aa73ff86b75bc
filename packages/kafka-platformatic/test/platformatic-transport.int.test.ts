import { randomUUID } from 'node:crypto';
import { type CrashableKafka, describeWithKafka, kafkaBrokers, startCrashableKafka } from '@backstitch/devkit/testing';
import type { Transport } from '@backstitch/messaging';
import { transportConformance } from '@backstitch/messaging/testing';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { platformaticTransport } from '../src/index.js';
import { type MortalClient, mortalClient } from './mortal-client.js';

describeWithKafka('on a real broker,', () => {
  // A broker of its own, because the suite kills it; one that the environment gives stays alive, and the cases about outages are skipped.
  const isGiven = (process.env['KAFKA_BROKERS'] ?? '') !== '';
  let server: CrashableKafka | undefined;
  let brokers = kafkaBrokers() ?? [];
  const clients = new Map<Transport, MortalClient>();
  let foreign: kafkajs.Producer;
  beforeAll(async () => {
    if (!isGiven) server = await startCrashableKafka();
    brokers = server?.brokers ?? brokers;
    const kafka = new kafkajs.Kafka({ clientId: 'foreign', brokers, logLevel: kafkajs.logLevel.NOTHING });
    foreign = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  }, 120_000);
  afterAll(async () => {
    for (const client of clients.values()) client.release();
    await foreign?.disconnect();
    await server?.stop();
  }, 120_000);

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
          sendTimeoutMs: 5000,
        });
        clients.set(transport, client);
        return transport;
      },
      uniqueName: (prefix) => `${prefix}-${randomUUID()}`,
      crash: async (transport) => clients.get(transport)?.kill(),
      async write({ topic, key, value, headers = {} }) {
        const bytes = value === null ? null : Buffer.from(value);
        // Again each time: the broker may have been killed since.
        await foreign.connect();
        await foreign.send({ topic, messages: [{ key, value: bytes, headers }] });
      },
      ...(isGiven
        ? {}
        : {
            async outage() {
              await server?.crash();
              return { end: async () => server?.restart() };
            },
          }),
      // Longer than the session: without heartbeats the member would be put out. Patient, because a killed broker takes its time.
      features: { refusedValueBytes: 2_000_000, slowHandlerMs: 4500, patienceMs: 60_000 },
    },
    { describe, it, beforeAll, afterAll },
  );
});
