import { describeWithKafka, kafkaBrokers } from '@backstitch/devkit/testing';
import { createSeededRandom } from '@backstitch/messaging/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { postgresOutboxStore } from '../../src/index.js';
import { type OutboxDatabase, outboxDatabase } from '../postgres/outbox-database.js';
import { type Child, startChild } from './child.js';
import { firstDeliveries, openTopicReader, type TopicReader } from './topic-reader.js';

const keys = 8;
const leaseMs = 1_500;

describeWithKafka('24 writers in three processes and two relay processes, killed at random', () => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));
  let db: OutboxDatabase;
  let reader: TopicReader;
  const children = new Set<Child>();
  beforeAll(async () => {
    db = await outboxDatabase();
    await db.database.sql.query('create table counters (key text primary key, n integer not null)');
    reader = await openTopicReader(kafkaBrokers() ?? []);
  });
  afterEach(() => Promise.all([...children].map((child) => child.kill())));
  afterAll(async () => {
    await reader.close();
    await db.end();
  });

  const start = (script: string, environment: Readonly<Record<string, string>>): Child => {
    const child = startChild(script, {
      ...{ DATABASE_URL: db.url, KAFKA_BROKERS: (kafkaBrokers() ?? []).join(','), TOPIC: reader.topic },
      ...environment,
    });
    children.add(child);
    return child;
  };
  const startRelay = (): Child =>
    start('relay-process.mjs', { RELAY_OPTIONS: JSON.stringify({ batchSize: 10, leaseMs, pollIntervalMs: 20 }) });
  let writers = 0;
  const startWriter = (): Child => {
    writers += 1;
    const work = { LOOPS: '8', KEYS: String(keys), TRANSACTIONS: '40' };
    return start('writer-process.mjs', { ...work, SEED: String(seed + writers) });
  };

  it(`lose nothing, publish nothing that was rolled back, keep each key’s order, and duplicate only after a kill (SEED=${seed})`, async () => {
    const random = createSeededRandom(seed);
    const relays = [startRelay(), startRelay()];
    const writing = [startWriter(), startWriter(), startWriter()];
    await Promise.all([...relays, ...writing].map((child) => child.said('ready')));
    let kills = 0;
    // The moments are numbers of records read: the test waits for progress, and the random numbers say for how much.
    for (let round = 0; round < 6; round += 1) {
      const target = reader.read.length + 15 + random.integer(40);
      await reader.until((read) => read.length >= target);
      const group = round % 3 === 2 ? writing : relays;
      const at = random.integer(group.length);
      await group[at]?.kill();
      kills += 1;
      group[at] = group === relays ? startRelay() : startWriter();
    }
    await Promise.all(writing.map((writer) => writer.exited));

    const { rows } = await db.database.sql.query<{ key: string; n: number }>('select key, n from counters');
    const committed = new Map(rows.map(({ key, n }) => [key, n]));
    const total = [...committed.values()].reduce((sum, n) => sum + n, 0);
    await reader.until((read) => new Set(read.map(({ key, n }) => `${key}/${n}`)).size >= total);
    const { byKey, duplicates } = firstDeliveries(reader.read);
    // The counter's row lock puts a key's transactions in an order: 1, 2, 3 … without what was rolled back or died.
    expect(byKey.size).toBe(committed.size);
    for (const [key, seen] of byKey)
      expect(seen, key).toEqual(Array.from({ length: committed.get(key) ?? 0 }, (_, n) => n + 1));
    expect(reader.read.filter(({ undone }) => undone === true)).toEqual([]);
    // A killed relay leaves at most what it held: four batches claimed, and as many on their way or not settled.
    expect(duplicates).toBeLessThanOrEqual(kills * 10 * 8);
    const { failed } = await postgresOutboxStore({ database: db.database }).counts();
    expect(failed).toBe(0);
    process.stderr.write(
      `killed-processes: SEED=${seed}, ${total} committed, ${kills} killed, ${duplicates} delivered again\n`,
    );
  });
});
