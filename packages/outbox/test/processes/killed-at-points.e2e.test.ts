import { describeWithKafka, kafkaBrokers } from '@backstitch/devkit/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { postgresOutboxTable } from '../../src/index.js';
import { newRow } from '../../src/testing/conformance/new-row.js';
import { type OutboxDatabase, outboxDatabase } from '../postgres/outbox-database.js';
import { type Child, startChild } from './child.js';
import { firstDeliveries, openTopicReader, type TopicReader } from './topic-reader.js';

const [keys, perKey] = [3, 10];

describeWithKafka('processes of the outbox, each killed at a point of its own', () => {
  let db: OutboxDatabase;
  let reader: TopicReader;
  let children: Child[] = [];
  beforeAll(async () => {
    db = await outboxDatabase();
    await db.database.sql.query('create table counters (key text primary key, n integer not null)');
  });
  afterAll(() => db.end());
  beforeEach(async () => {
    await db.clear();
    await db.database.sql.query('truncate counters');
    reader = await openTopicReader(kafkaBrokers() ?? []);
  });
  afterEach(async () => {
    await Promise.all(children.map((child) => child.kill()));
    children = [];
    await reader.close();
  });

  const start = (script: string, environment: Readonly<Record<string, string>>): Child => {
    const about = { DATABASE_URL: db.url, KAFKA_BROKERS: (kafkaBrokers() ?? []).join(','), TOPIC: reader.topic };
    const child = startChild(script, { ...about, ...environment });
    children.push(child);
    return child;
  };
  const startRelay = (options: { readonly leaseMs?: number; readonly batchSize?: number } = {}, dies = ''): Child => {
    const settings = { batchSize: 10, leaseMs: 30_000, pollIntervalMs: 20, ...options };
    return start('relay-process.mjs', { RELAY_OPTIONS: JSON.stringify(settings), DIES: dies });
  };
  const startWriter = (environment: Readonly<Record<string, string>>): Child =>
    start('writer-process.mjs', { SEED: '1', LOOPS: '1', KEYS: '1', TRANSACTIONS: '1', ...environment });
  const counted = async (): Promise<number> => {
    const { rows } = await db.database.sql.query<{ n: number }>(
      'select coalesce(sum(n), 0)::integer as n from counters',
    );
    return rows[0]?.n ?? 0;
  };
  const distinct = (): number => new Set(reader.read.map(({ key, n }) => `${key}/${n}`)).size;

  // Short leases, where somebody else has to wait for their end. All in one batch, where the next one might be on its way already.
  it.each([
    ['claimed', 'nothing comes twice', { leaseMs: 500 }, () => 0],
    ['sent', 'just that batch comes twice', { leaseMs: 500 }, (dying: Child) => dying.rows('dying')],
    ['settled', 'nothing comes twice', { batchSize: keys * perKey }, () => 0],
  ] as const)(
    'a relay dies with rows that it has %s: the order stands, and %s',
    async (point, _what, options, again) => {
      const rows = Array.from({ length: keys * perKey }, (_, place) => {
        const key = `key-${place % keys}`;
        return newRow({ topic: reader.topic, key, payload: JSON.stringify({ key, n: Math.floor(place / keys) + 1 }) });
      });
      await db.database.transaction((_trx, sql) => postgresOutboxTable().insert(sql, rows));
      const dying = startRelay(options, point);
      await dying.exited;
      expect(dying.rows('dying')).toBeGreaterThan(0);
      startRelay();
      await reader.until(() => distinct() === keys * perKey);
      const { byKey, duplicates } = firstDeliveries(reader.read);
      for (const [key, seen] of byKey)
        expect(seen, key).toEqual(Array.from({ length: perKey }, (_, place) => place + 1));
      expect(duplicates).toBe(again(dying));
    },
  );

  it('a writer that dies before its commit has published nothing, and one that dies right after it all', async () => {
    const before = startWriter({ DIES: 'published' });
    await before.exited;
    expect(await counted()).toBe(0);
    const after = startWriter({ DIES: 'committed', TRANSACTIONS: '1000' });
    await after.exited;
    const committed = await counted();
    expect(committed).toBeGreaterThan(0);
    startRelay();
    await reader.until(() => distinct() >= committed);
    expect(reader.read.map(({ n, undone }) => ({ n, undone }))).toEqual(
      Array.from({ length: committed }, (_, place) => ({ n: place + 1, undone: false })),
    );
  });

  it('24 writers and two relays of which nobody dies deliver nothing twice', async () => {
    startRelay();
    startRelay();
    const writers = [1, 2, 3].map((seed) =>
      startWriter({ SEED: String(seed), LOOPS: '8', KEYS: '8', TRANSACTIONS: '20' }),
    );
    await Promise.all(writers.map((writer) => writer.exited));
    const total = await counted();
    await reader.until(() => distinct() >= total);
    const { byKey, duplicates } = firstDeliveries(reader.read);
    expect(duplicates).toBe(0);
    for (const [key, seen] of byKey) expect(seen, key).toEqual([...seen].sort((one, other) => one - other));
    expect([...byKey.values()].flat()).toHaveLength(total);
  });
});
