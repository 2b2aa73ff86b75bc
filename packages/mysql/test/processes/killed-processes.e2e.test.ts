import { describeWithMysql } from '@backstitch/devkit/mysql-testing';
import { describeWithKafka, kafkaBrokers } from '@backstitch/devkit/testing';
import { createSeededRandom } from '@backstitch/messaging/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Child, startChild } from '../../../outbox/test/processes/child.js';
import { firstDeliveries, openTopicReader, type TopicReader } from '../../../outbox/test/processes/topic-reader.js';
import { mysqlOutboxStore } from '../../src/index.js';
import { type OutboxDatabase, outboxDatabase } from '../outbox-database.js';

const batchSize = 10;
const names = ['key-0', 'key-1', 'key-2', 'key-3', 'key-4', 'key-5'];

function killedProcesses(): void {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));
  let db: OutboxDatabase;
  let reader: TopicReader;
  const children = new Set<Child>();
  beforeAll(async () => {
    db = await outboxDatabase();
    await db.database.sql.query('create table counters (name varchar(40) primary key, n integer not null)');
    // There from the beginning: inserted by the writers, they would deadlock over the gaps between them, at MySQL's own level of isolation.
    await db.database.sql.query(`insert into counters values ${names.map((name) => `('${name}', 0)`).join(', ')}`);
    reader = await openTopicReader(kafkaBrokers() ?? []);
  });
  afterEach(() => Promise.all([...children].map((child) => child.kill())));
  afterAll(async () => {
    await reader?.close();
    await db?.end();
  });

  const start = (script: string, environment: Readonly<Record<string, string>>): Child => {
    const child = startChild(new URL(script, import.meta.url).href, {
      ...{ MYSQL_URL: db.url, KAFKA_BROKERS: (kafkaBrokers() ?? []).join(','), TOPIC: reader.topic },
      ...environment,
    });
    children.add(child);
    return child;
  };
  const startRelay = (): Child =>
    start('./relay-process.mjs', { RELAY_OPTIONS: JSON.stringify({ batchSize, leaseMs: 1_500, pollIntervalMs: 20 }) });
  let writers = 0;
  const startWriter = (): Child => {
    writers += 1;
    return start('./writer-process.mjs', {
      LOOPS: '4',
      KEYS: String(names.length),
      TRANSACTIONS: '30',
      SEED: String(seed + writers),
    });
  };

  it(`lose nothing, publish nothing that was rolled back, and keep each key’s order (SEED=${seed})`, async () => {
    const random = createSeededRandom(seed);
    const relays = [startRelay(), startRelay()];
    const writing = [startWriter(), startWriter()];
    await Promise.all([...relays, ...writing].map((child) => child.said('ready')));
    let kills = 0;
    // The moments are numbers of records read: the test waits for progress, and the random numbers say for how much.
    for (let round = 0; round < 4; round += 1) {
      const target = reader.read.length + 5 + random.integer(15);
      await reader.until((read) => read.length >= target);
      const group = round % 2 === 1 ? writing : relays;
      const at = random.integer(group.length);
      await group[at]?.kill();
      kills += 1;
      group[at] = group === relays ? startRelay() : startWriter();
    }
    await Promise.all(writing.map((writer) => writer.exited));

    const { rows } = await db.database.sql.query<{ name: string; n: number }>('select name, n from counters');
    const total = rows.reduce((sum, { n }) => sum + n, 0);
    await reader.until((read) => new Set(read.map(({ key, n }) => `${key}/${n}`)).size >= total);
    const { byKey, duplicates } = firstDeliveries(reader.read);
    // The counter's row lock puts a key's transactions in an order: 1, 2, 3 … without what was rolled back or died.
    for (const { name, n } of rows) {
      expect(byKey.get(name) ?? [], name).toEqual(Array.from({ length: n }, (_, index) => index + 1));
    }
    expect(reader.read.filter(({ undone }) => undone === true)).toEqual([]);
    // A killed relay leaves at most what it held: four batches claimed, and as many on their way or not settled.
    expect(duplicates).toBeLessThanOrEqual(kills * batchSize * 8);
    expect((await mysqlOutboxStore({ database: db.database }).counts()).failed).toBe(0);
  });
}

describeWithKafka('writers and relays on MySQL, killed at random,', () => describeWithMysql('', killedProcesses));
