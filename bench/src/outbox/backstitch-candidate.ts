import { kafkaTransport } from '@backstitch/kafka';
import {
  createHintListener,
  createHintSender,
  createOutbox,
  createRelay,
  outboxMigrations,
  postgresOutboxStore,
} from '@backstitch/outbox';
import { migrate, postgresDatabase } from '@backstitch/postgres';
import kafkajs from 'kafkajs';
import pg from 'pg';
import { type Candidate, type CandidatePlace, createCounter } from './candidate.js';

/** How the relay learns of a row: from memory, because it is the writer's; by polling; by polling and NOTIFY. */
export type Way = 'from memory' | 'polling' | 'polling and NOTIFY';

export async function backstitchCandidate(place: CandidatePlace, way: Way): Promise<Candidate> {
  const pool = new pg.Pool({ connectionString: place.databaseUrl, max: 10 });
  const database = postgresDatabase(pool);
  await migrate(database, outboxMigrations);
  const counter = createCounter();
  const kafka = new kafkajs.Kafka({ brokers: [...place.brokers], logLevel: kafkajs.logLevel.NOTHING });
  const transport = kafkaTransport({ kafka });
  const relay = createRelay({
    ...{ store: postgresOutboxStore({ database }), transport },
    onDelivered: (rows) => counter.add(rows.length),
  });
  const hints = createHintSender({ database });
  const client = (): pg.Client => new pg.Client({ connectionString: place.databaseUrl });
  const listener = createHintListener({ client, relay });
  const outbox = createOutbox({
    database,
    ...(way === 'from memory' ? { relay } : {}),
    ...(way === 'polling and NOTIFY' ? { hints } : {}),
  });
  const event = (payload: unknown, key: string) => ({
    ...{ topic: place.topic, aggregateType: 'order', aggregateId: key, type: 'OrderPlaced', payload },
  });
  return {
    name: `Backstitch, ${way}`,
    settings:
      'defaults: batches of 500, a look every 200 ms while there is work; relay, load and consumer in one process',
    async fill(rows) {
      for (let from = 0; from < rows; from += 500) {
        const events = Array.from({ length: Math.min(500, rows - from) }, (_, index) =>
          event({ text: 'x'.repeat(280) }, `o${from + index}`),
        );
        await database.transaction((trx) => outbox.publish(trx, events));
      }
    },
    insert: (payload, key) =>
      outbox.transaction((_trx, publish) => publish(event(JSON.parse(payload), key)).then(() => undefined)),
    start() {
      relay.start();
      if (way === 'polling and NOTIFY') listener.start();
    },
    sent: counter.reached,
    sentSoFar: counter.count,
    async stop() {
      await listener.stop();
      await hints.stop();
      await relay.stop();
      await transport.close();
      await pool.end();
    },
  };
}
