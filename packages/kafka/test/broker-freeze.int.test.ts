import { randomUUID } from 'node:crypto';
import { type CrashableKafka, describeWithKafka, startCrashableKafka } from '@backstitch/devkit/testing';
import { type OutboundRecord, type Transport, TransportUnavailableError } from '@backstitch/messaging';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kafkaTransport } from '../src/index.js';
import { collectingReader } from './collecting-reader.js';
import { mortalClient } from './mortal-client.js';

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

describeWithKafka('over a freeze of the broker', () => {
  let server: CrashableKafka;
  let transport: Transport;
  beforeAll(async () => {
    const started = await startCrashableKafka();
    if (started === undefined) throw new Error('a Kafka given by KAFKA_BROKERS cannot be frozen: unset it');
    server = started;
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
});
