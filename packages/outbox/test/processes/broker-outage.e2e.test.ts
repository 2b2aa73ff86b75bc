import { type KafkaServer, startKafka } from '@backstitch/devkit';
import { describeWithKafka } from '@backstitch/devkit/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRelay, postgresOutboxStore, postgresOutboxTable } from '../../src/index.js';
import { newRow } from '../../src/testing/conformance/new-row.js';
import { kafkaTransport } from '@backstitch/kafka';
import { silentLogger } from '@backstitch/messaging';
import kafkajs from 'kafkajs';
import { type OutboxDatabase, outboxDatabase } from '../postgres/outbox-database.js';
import { firstDeliveries, openTopicReader, type TopicReader } from './topic-reader.js';

/** Until three sends have failed. A minute of it, and ten, with a broker that is killed too: `npm run soak:outage`. */
describeWithKafka('while the broker answers nobody', () => {
  let db: OutboxDatabase;
  let server: Required<KafkaServer>;
  let reader: TopicReader;
  beforeAll(async () => {
    db = await outboxDatabase();
    // Of its own: the run's is shared with every other test.
    const started = await startKafka({ crashFriendly: true, quiet: true });
    if (started.kind === 'none') throw new Error('describeWithKafka lets nobody in without a Kafka');
    const { suspend, resume, crash, restart } = started;
    if (suspend === undefined || resume === undefined || crash === undefined || restart === undefined)
      throw new Error('a Kafka given by KAFKA_BROKERS cannot be frozen: unset it');
    server = { ...started, suspend, resume, crash, restart };
    reader = await openTopicReader(server.brokers);
  });
  afterAll(async () => {
    await reader.close();
    await server.stop();
    await db.end();
  });

  it('no row spends a retry, none becomes FAILED, and afterwards all are sent in order', async () => {
    const insert = (from: number, count: number) =>
      db.database.transaction((_trx, sql) =>
        postgresOutboxTable().insert(
          sql,
          Array.from({ length: count }, (_, index) => {
            const [n, key] = [from + index, `key-${index % 5}`];
            return newRow({ topic: reader.topic, key, payload: JSON.stringify({ key, n }), maxRetries: 0 });
          }),
        ),
      );
    const kafka = new kafkajs.Kafka({
      brokers: server.brokers,
      logLevel: kafkajs.logLevel.NOTHING,
      requestTimeout: 1_000,
    });
    const transport = kafkaTransport({ kafka, sendTimeoutMs: 1_000 });
    let failures = 0;
    let enough = (): void => undefined;
    const isOut = new Promise<void>((resolve) => (enough = resolve));
    const store = postgresOutboxStore({ database: db.database });
    const relay = createRelay({
      ...{ store, transport, batchSize: 20, pollIntervalMs: 20 },
      logger: {
        ...silentLogger,
        warn(fields) {
          if ('pauseMs' in (fields as object)) failures += 1;
          if (failures >= 3) enough();
        },
      },
    });
    relay.start();
    await insert(0, 50);
    await reader.until((read) => read.length >= 50);
    await server.suspend();
    await insert(50, 200);
    await isOut;
    expect(await store.counts()).toMatchObject({ retry: 0, failed: 0, pending: 200 });
    await server.resume();
    await reader.until((read) => new Set(read.map(({ n }) => n)).size === 250);
    await relay.stop();
    await transport.close();
    const { rows } = await db.database.sql.query<{ n: number }>(
      'select coalesce(sum(retry_count), 0)::integer as n from backstitch.outbox_events',
    );
    expect(rows[0]?.n).toBe(0);
    for (const [key, seen] of firstDeliveries(reader.read).byKey)
      expect(seen, key).toEqual([...seen].sort((one, other) => one - other));
  });
});
