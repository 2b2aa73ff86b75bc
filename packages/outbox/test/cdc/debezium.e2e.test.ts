import { randomUUID } from 'node:crypto';
import { describeWithDebezium, kafkaBrokers } from '@backstitch/devkit/testing';
import { kafkaTransport } from '@backstitch/kafka';
import { readEvent } from '@backstitch/messaging';
import kafkajs from 'kafkajs';
import type { Knex } from 'knex';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createOutbox, createRelay, type Outbox, type OutboxMessage } from '../../src/index.js';
import { type Counted, firstDeliveries } from '../processes/topic-reader.js';
import { type CdcGround, openCdcGround, untilRow } from './cdc-ground.js';
import { openRawReader, type RawReader, type RawRecord } from './raw-reader.js';

await describeWithDebezium('with the real Debezium', () => {
  const brokers = kafkaBrokers() ?? [];
  const run = randomUUID().slice(0, 8);
  const topics = ['relayed', 'captured', 'counted', 'pruned'].map((name) => `${name}-${run}`);
  const [relayed = '', captured = '', counted = '', pruned = ''] = topics;
  let ground: CdcGround;
  let reader: RawReader;
  beforeAll(async () => {
    ground = await openCdcGround(brokers);
    reader = await openRawReader(brokers, topics);
  });
  afterAll(async () => {
    await reader?.close();
    await ground?.end();
  });
  const of = (topic: string) => reader.read.filter((record) => record.topic === topic);

  it('the same events come out as from the relay: key, partition, value bytes and headers', async () => {
    const { database, knex, store } = ground;
    const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
    const transport = kafkaTransport({ kafka });
    const relay = createRelay({ store, transport });
    const ids = new Map<string, readonly string[]>();
    for (const [topic, options] of [
      [relayed, {}],
      [captured, { relay: 'cdc' }],
    ] as const) {
      const outbox = createOutbox({ database, source: '/shop', ...options });
      const messages = samples.map((sample) => ({ ...sample, topic }));
      ids.set(topic, (await knex.transaction((trx) => outbox.publish(trx, messages))).ids);
    }
    expect((await relay.runOnce()).claimed).toBe(samples.length);
    await reader.until(() => of(relayed).length + of(captured).length === 2 * samples.length);
    await relay.stop();
    await transport.close();

    const byId = (topic: string) => new Map(of(topic).map((record) => [record.headers['ce_id'], record]));
    const [fromRelay, fromConnector] = [byId(relayed), byId(captured)];
    for (const [index, sample] of samples.entries()) {
      const one = fromRelay.get(ids.get(relayed)?.[index]);
      const other = fromConnector.get(ids.get(captured)?.[index]);
      expect(other, JSON.stringify(sample)).toBeDefined();
      expect(comparable(other)).toEqual(comparable(one));
      expect(readEvent({ ...inbound(other) }).kind).toBe('ok');
    }
  });

  it('keeps the order of each key and loses nothing when it is killed, even of rows that were pruned meanwhile', async () => {
    const { database, knex, store, debezium } = ground;
    const outbox = createOutbox({ database, relay: 'cdc' });
    await database.sql.query('create table counters as select n as key, 0 as count from generate_series(0, 4) n');
    const begin = startWriters(knex, { outbox, topic: counted });
    await reader.until(() => of(counted).length >= 200);
    await debezium.crash();
    const readBefore = of(counted).length;
    await begin;
    expect(await store.prune({ olderThanMs: 0, limit: 10_000 })).toBeGreaterThanOrEqual(transactions);
    await debezium.restart();
    const numbers = () => of(counted).map(({ value }) => JSON.parse(value) as Counted);
    await reader.until(() => new Set(numbers().map(({ key, n }) => `${key}/${n}`)).size === transactions);

    expect(numbers().filter(({ undone }) => undone === true)).toEqual([]);
    expect(firstDeliveries(numbers().slice(0, readBefore)).duplicates).toBe(0);
    const { byKey, duplicates } = firstDeliveries(numbers());
    expect([...byKey.keys()].sort()).toEqual(['0', '1', '2', '3', '4']);
    for (const [key, seen] of byKey)
      expect(seen, key).toEqual(Array.from({ length: transactions / 5 }, (_, index) => index + 1));
    process.stderr.write(`debezium: killed after ${readBefore} records; ${duplicates} came twice\n`);
  });

  it('publishes nothing of what is pruned, and confirms its place while only other tables are written', async () => {
    const { database, knex, store, slot } = ground;
    const outbox = createOutbox({ database, relay: 'cdc' });
    const publish = (n: number) =>
      knex.transaction((trx) => outbox.publish(trx, { ...about, topic: pruned, aggregateId: 'p1', payload: n }));
    const values = () => of(pruned).map(({ value }) => value);
    await publish(1);
    await reader.until(() => values().length === 1);
    expect(await store.prune({ olderThanMs: 0, limit: 10_000 })).toBeGreaterThan(0);
    await database.sql.query('create table elsewhere as select n from generate_series(1, 1000) n');
    const { rows } = await database.sql.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn');
    await untilRow(
      database,
      `select 1 from pg_replication_slots where slot_name = '${slot}' and confirmed_flush_lsn >= '${rows[0]?.lsn}'`,
    );
    await publish(2);
    await reader.until(() => values().length >= 2);
    expect(values()).toEqual(['1', '2']);
  });
});

const transactions = 1_000;

/** Eight writers at once; the row of a key's counter is what puts its transactions into an order. Some roll back first. */
async function startWriters(
  knex: Knex,
  { outbox, topic }: { readonly outbox: Outbox<Knex.Transaction>; readonly topic: string },
): Promise<void> {
  const write = (key: number, undone: boolean): Promise<unknown> =>
    knex.transaction(async (trx) => {
      const [row] = await trx('counters').where({ key }).increment('count', 1).returning<{ count: number }[]>('count');
      const payload: Counted = { key: String(key), n: row?.count ?? 0, ...(undone ? { undone } : {}) };
      await outbox.publish(trx, { ...about, topic, aggregateId: String(key), payload });
      if (undone) throw new Error('undone');
    });
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < transactions) {
      const turn = next++;
      if (turn % 10 === 0) await expect(write(turn % 5, true)).rejects.toThrow('undone');
      await write(turn % 5, false);
    }
  };
  await Promise.all(Array.from({ length: 8 }, writer));
}

const about = { aggregateType: 'order', type: 'OrderPlaced', time: '2026-01-02T03:04:05.678Z' };
const samples: readonly Omit<OutboxMessage, 'topic'>[] = [
  { ...about, aggregateId: 'o1', payload: { total: 1 } },
  { ...about, aggregateId: 'o2', key: 'a key of its own', payload: { a: [1, 2.5, -0.001, 1e21, true, null], b: {} } },
  { ...about, aggregateId: 'ö 🧵 "quoted" \\ , ; : $', payload: 'Zwölf Boxkämpfer\n\t🧵 \u2028 "quoted" \\' },
  { ...about, aggregateId: '007', payload: null },
  { ...about, aggregateId: 'true', payload: 1 },
  { ...about, aggregateId: 'o6', payload: ' spaces ', version: 7, time: '2026-01-02T03:04:05.678901+02:00' },
  { ...about, aggregateId: 'o7', payload: { long: '0123456789'.repeat(40_000) }, ordering: 'none' },
];

function comparable(record: RawRecord | undefined): unknown {
  if (record === undefined) return undefined;
  const { topic: _, headers, ...same } = record;
  return { ...same, headers: { ...headers, ce_id: 'its own' } };
}

function inbound(record: RawRecord | undefined): Parameters<typeof readEvent>[0] {
  if (record === undefined) throw new Error('no record');
  const value = Buffer.from(record.value, 'latin1').toString('utf8');
  return { ...record, value, offset: '0', timestampMs: 0 };
}
