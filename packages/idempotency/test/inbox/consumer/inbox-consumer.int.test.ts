import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import { createInMemoryBroker } from '@backstitch/messaging/testing';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { heldKeysSql, knownLettersSql } from '../../../src/inbox/consumer/find-dead-letters.js';
import { nextDeadLetterSql } from '../../../src/inbox/consumer/next-dead-letter.js';
import {
  byOffset,
  type ConsumedRecord,
  createInboxConsumer,
  type InboxConsumer,
  type InboxConsumerOptions,
  type RecordTransport,
} from '../../../src/inbox/index.js';
import { type Driver, effects, freshTables, pgDriver, somebodyWaits } from '../../drivers.js';
import { signal } from '../../signal.js';

let server: TestDatabase;
let open: ReturnType<Driver<pg.PoolClient>['open']>;
beforeAll(async () => {
  server = await testDatabase();
  open = pgDriver.open(server.url);
});
beforeEach(() => freshTables(open.database as Parameters<typeof freshTables>[0]));
afterAll(async () => {
  await open.close();
  await server.drop();
});

const nowhere: RecordTransport = { subscribe: () => Promise.reject(new Error('not subscribed')) };
const ran = () => effects(open.database as Parameters<typeof effects>[0]);

interface Bill {
  readonly id: string;
  /** What the handler is to do with it. */
  readonly does?: 'throws' | 'throws a network error' | 'breaks a deferred constraint';
}

/** What throws is mended by taking its id out of here. */
let broken: Set<string>;
let attempts: Map<string, number>;
beforeEach(() => {
  broken = new Set();
  attempts = new Map();
});

function billing(options: Partial<InboxConsumerOptions<pg.PoolClient, Bill>> = {}): InboxConsumer {
  return createInboxConsumer<pg.PoolClient, Bill>({
    database: open.database,
    transport: nowhere,
    consumer: 'billing',
    topics: ['orders'],
    inboxRetentionMs: 'forever',
    retryDelaysMs: [1, 1],
    async handle(trx, bill) {
      attempts.set(bill.id, (attempts.get(bill.id) ?? 0) + 1);
      await trx.query('insert into effect (name) values ($1)', [bill.id]);
      if (!broken.has(bill.id)) return;
      if (bill.does === 'throws a network error') throw Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
      if (bill.does === 'breaks a deferred constraint') await trx.query('insert into doomed values (1), (1)');
      else throw new Error('secret bug');
    },
    ...options,
  });
}

function record(offset: number, key: string | null, bill: Bill): ConsumedRecord {
  if (bill.does !== undefined) broken.add(bill.id);
  return {
    topic: 'orders',
    partition: 0,
    offset: String(offset),
    key,
    value: JSON.stringify(bill),
    headers: { ce_id: bill.id, ce_source: '/shop' },
    timestampMs: 1_800_000_000_000 + offset,
  };
}

const batch = (...records: ConsumedRecord[]) => ({ topic: 'orders', partition: 0, records });
const places = async (consumer: InboxConsumer) =>
  (await consumer.watermarks()).map(({ topic, partition, nextOffset, handled, duplicates, deadLetters }) => ({
    place: `${topic}/${partition}@${nextOffset}`,
    counts: [handled, duplicates, deadLetters].map(Number),
  }));
const letters = async (consumer: InboxConsumer) =>
  (await consumer.deadLetters()).map(({ offset, status, code }) => `${offset} ${status} ${code}`);

describe('a batch', () => {
  it('is handled in order, once per message, and moves the watermark', async () => {
    const consumer = billing({ maxTransactionRecords: 2 });
    const records = batch(record(5, 'a', { id: '1' }), record(6, 'b', { id: '2' }), record(8, 'a', { id: '3' }));
    await consumer.runOnce(records);
    await consumer.runOnce(records);
    expect(await ran()).toEqual(['1', '2', '3']);
    expect(await places(consumer)).toEqual([{ place: 'orders/0@9', counts: [3, 3, 0] }]);
    expect((await consumer.watermarks())[0]?.lastRecordAt).toEqual(new Date(1_800_000_000_008));
  });

  it('takes what a producer sent twice for one message', async () => {
    const consumer = billing();
    await consumer.runOnce(batch(record(0, 'a', { id: '1' }), record(1, 'a', { id: '1' })));
    expect(await ran()).toEqual(['1']);
  });

  it('keeps the accounts of two consumers apart', async () => {
    const audit = billing({ consumer: 'audit' });
    await billing().runOnce(batch(record(0, 'a', { id: '1' })));
    await audit.runOnce(batch(record(0, 'a', { id: '1' })));
    expect(await ran()).toEqual(['1', '1']);
  });

  it('quarantines what nobody can read, and goes on, also with its key', async () => {
    const consumer = billing();
    const unreadable = { ...record(1, 'a', { id: '2' }), value: 'no json \0 \ud800' };
    await consumer.runOnce(batch(record(0, 'a', { id: '1' }), unreadable, record(2, 'a', { id: '3' })));
    expect(await ran()).toEqual(['1', '3']);
    expect(await letters(consumer)).toEqual(['1 quarantined MESSAGE_UNREADABLE']);
    expect((await consumer.deadLetters())[0]).toMatchObject({ value: 'no json \0 \ud800', headers: { ce_id: '2' } });
    expect(await places(consumer)).toEqual([{ place: 'orders/0@3', counts: [2, 0, 1] }]);
  });

  it('tries a handler that throws again, then puts the message aside and holds its key, and no other', async () => {
    const consumer = billing();
    await consumer.runOnce(
      batch(
        record(0, 'a', { id: '1', does: 'throws' }),
        record(1, 'b', { id: '2' }),
        record(2, 'a', { id: '3' }),
        record(3, null, { id: '4', does: 'throws' }),
        record(4, null, { id: '5' }),
      ),
    );
    expect(attempts.get('1')).toBe(3);
    expect(await ran()).toEqual(['2', '5']);
    expect(await letters(consumer)).toEqual(['0 failed HANDLER_FAILED', '2 held KEY_HELD', '3 failed HANDLER_FAILED']);
    const [failed] = await consumer.deadLetters();
    expect(failed).toMatchObject({ attempts: 3, error: 'Error', key: 'a' });
    expect(await places(consumer)).toEqual([{ place: 'orders/0@5', counts: [2, 0, 3] }]);
  });

  it("takes a handler's own network trouble for its failure, and not for the database's", async () => {
    const consumer = billing();
    await consumer.runOnce(batch(record(0, 'a', { id: '1', does: 'throws a network error' })));
    expect(await letters(consumer)).toEqual(['0 failed HANDLER_FAILED']);
    expect((await consumer.deadLetters())[0]?.error).toBe('Error ECONNREFUSED');
  });

  it('finds the one whose constraint fails at COMMIT, and keeps the others', async () => {
    await open.database.sql.query(
      'drop table if exists doomed; create table doomed (n int unique deferrable initially deferred)',
    );
    const consumer = billing();
    const doomed = record(1, 'b', { id: '2', does: 'breaks a deferred constraint' });
    await consumer.runOnce(batch(record(0, 'a', { id: '1' }), doomed, record(2, 'c', { id: '3' })));
    expect(await ran()).toEqual(['1', '3']);
    expect(await letters(consumer)).toEqual(['1 failed HANDLER_FAILED']);
  });

  it('is refused where the database fails, and comes again: no letter, no attempt counted', async () => {
    const consumer = billing({
      async handle(trx, bill) {
        await trx.query('insert into effect (name) values ($1)', [bill.id]);
        if (bill.id !== '2' || attempts.has('2')) return;
        attempts.set('2', 1);
        const { rows } = await trx.query<{ pid: number }>('select pg_backend_pid() as pid');
        await open.database.sql.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
        await trx.query('select 1');
      },
    });
    const records = batch(record(0, 'a', { id: '1' }), record(1, 'b', { id: '2' }));
    await expect(consumer.runOnce(records)).rejects.toBeInstanceOf(Error);
    expect(await ran()).toEqual([]);
    await consumer.runOnce(records);
    expect(await ran()).toEqual(['1', '2']);
    expect(await letters(consumer)).toEqual([]);
  });

  it('stops between two records where the partition is taken away, and keeps what is done', async () => {
    const stop = new AbortController();
    const consumer = billing({
      async handle(trx, bill) {
        await trx.query('insert into effect (name) values ($1)', [bill.id]);
        stop.abort();
      },
    });
    const context = { signal: stop.signal, heartbeat: async () => undefined };
    const records = batch(record(0, 'a', { id: '1' }), record(1, 'a', { id: '2' }));
    await expect(consumer.runOnce(records, context)).rejects.toMatchObject({ code: 'CONSUMER_STOPPED' });
    expect(await ran()).toEqual(['1']);
    expect(await places(consumer)).toEqual([{ place: 'orders/0@1', counts: [1, 0, 0] }]);
  });

  it('waits for a member that is still at work on the partition it lost', async () => {
    const gate = signal();
    const working = signal();
    const old = billing({
      async handle() {
        working.resolve();
        await gate.promise;
      },
    });
    const first = old.runOnce(batch(record(0, 'a', { id: '1' })));
    await working.promise;
    const next = billing().runOnce(batch(record(0, 'a', { id: '1' }), record(1, 'a', { id: '2' })));
    await somebodyWaits(open.database as Parameters<typeof somebodyWaits>[0]);
    expect(attempts.size).toBe(0);
    gate.resolve();
    await Promise.all([first, next]);
    expect(await ran()).toEqual(['2']);
  });
});

describe('dead letters', () => {
  let consumer: InboxConsumer;
  beforeEach(async () => {
    consumer = billing();
    await consumer.runOnce(
      batch(
        record(0, 'a', { id: '1', does: 'throws' }),
        record(1, 'a', { id: '2' }),
        record(2, 'b', { id: '3', does: 'throws' }),
      ),
    );
  });

  it('are redriven in the order of their key, and hold it as long as one fails', async () => {
    broken.delete('3');
    expect(await consumer.redrive()).toEqual({ redriven: 1, failed: 1, held: 1 });
    expect(await ran()).toEqual(['3']);
    broken.clear();
    expect(await consumer.redrive()).toEqual({ redriven: 2, failed: 0, held: 0 });
    expect(await ran()).toEqual(['1', '2', '3']);
    expect(await letters(consumer)).toEqual([
      '0 redriven HANDLER_FAILED',
      '1 redriven KEY_HELD',
      '2 redriven HANDLER_FAILED',
    ]);
    await consumer.runOnce(batch(record(3, 'a', { id: '4' })));
    expect(await ran()).toEqual(['1', '2', '3', '4']);
  });

  it('are redriven by a filter, and none passes one of its key that does not fit', async () => {
    broken.clear();
    expect(await consumer.redrive({ where: { status: 'held' } })).toEqual({ redriven: 0, failed: 0, held: 1 });
    expect(await consumer.redrive({ where: { key: 'b', topic: 'orders', partition: 0 } })).toMatchObject({
      redriven: 1,
    });
    expect(await ran()).toEqual(['3']);
    expect(await consumer.redrive({ where: { code: 'MESSAGE_UNREADABLE' } })).toMatchObject({ redriven: 0 });
    const ids = (await consumer.deadLetters({ status: 'failed' })).map(({ id }) => id);
    expect(await consumer.redrive({ where: { ids } })).toEqual({ redriven: 1, failed: 0, held: 0 });
    expect(await consumer.redrive({ limit: 1 })).toEqual({ redriven: 1, failed: 0, held: 0 });
    expect(await ran()).toEqual(['1', '2', '3']);
  });

  it('are not handled by a redelivery, neither open nor settled', async () => {
    broken.clear();
    const again = batch(record(0, 'a', { id: '1' }), record(1, 'a', { id: '2' }), record(2, 'b', { id: '3' }));
    await consumer.runOnce(again);
    expect(await ran()).toEqual([]);
    await consumer.redrive();
    await consumer.runOnce(again);
    expect(await ran()).toEqual(['1', '2', '3']);
  });

  it('are discarded with a name and a reason; what waits behind goes on at the next redrive', async () => {
    const [first] = await consumer.deadLetters();
    const by = { actor: 'ops', reason: 'a test order' };
    expect(await consumer.discard(first?.id ?? '', by)).toBe(true);
    expect(await consumer.discard(first?.id ?? '', by)).toBe(false);
    await expect(consumer.discard(first?.id ?? '', { ...by, reason: '' })).rejects.toMatchObject({
      code: 'KEY_INVALID',
    });
    expect(await consumer.redrive()).toEqual({ redriven: 1, failed: 1, held: 0 });
    expect(await ran()).toEqual(['2']);
    broken.clear();
    await consumer.runOnce(batch(record(0, 'a', { id: '1' })));
    expect(await ran()).toEqual(['2']);
  });

  it('are listed by status, page after page', async () => {
    const [held] = await consumer.deadLetters({ status: 'held' });
    expect(held).toMatchObject({ offset: '1', messageKey: '["/shop","2"]' });
    const rest = await consumer.deadLetters({ after: held?.id ?? '', limit: 5 });
    expect(rest.map((letter) => letter.messageKey)).toEqual(['["/shop","3"]']);
  });

  it('are found by index, however many are settled', async () => {
    await open.database.sql.query(`
      insert into backstitch.inbox_dead_letters (consumer, message_key, topic, partition, record_offset, record_key, record_headers,
        record_at, status, code, settled_at)
      select 'billing', 'old-' || n, 'orders', 0, n, '"a"', '{}', now(), 'redriven', 'HANDLER_FAILED', now() from generate_series(1, 20000) n;
      analyze backstitch.inbox_dead_letters`);
    const plan = async (text: string, values: readonly unknown[]) =>
      (await open.database.sql.query<{ 'QUERY PLAN': string }>(`explain ${text}`, values)).rows
        .map((row) => row['QUERY PLAN'])
        .join('\n');
    const table = 'backstitch.inbox_dead_letters';
    const plans = [
      await plan(knownLettersSql(table), ['billing', ['x', 'y']]),
      await plan(heldKeysSql(table), ['billing', 'orders', ['"a"']]),
      await plan(nextDeadLetterSql(table), ['billing', '', 0, '-1']),
    ];
    expect(plans[0]).toContain('inbox_dead_letters_once');
    // The two partial indexes hold the same few rows; either will do.
    for (const text of plans.slice(1)) expect(text).toMatch(/inbox_dead_letters_(lanes|open)/);
    for (const text of plans) expect(text).not.toContain('Seq Scan');
  });
});

describe('a started consumer', () => {
  let consumer: InboxConsumer | undefined;
  afterEach(() => consumer?.stop());

  it('handles what the transport delivers, in the order of each key, whatever is delivered again', async () => {
    const broker = createInMemoryBroker();
    const transport = broker.transport();
    await transport.ensureTopics([{ topic: 'orders', partitions: 2 }]);
    const names = Array.from({ length: 40 }, (_, index) => String(index));
    const twice = names.flatMap((id) => [id, id]);
    await transport.send(
      twice.map((id) => ({
        topic: 'orders',
        key: `k-${Number(id) % 3}`,
        value: JSON.stringify({ id }),
        headers: { ce_id: id },
      })),
    );
    const all = signal();
    const order: string[] = [];
    consumer = billing({
      transport,
      async handle(_trx, { id }) {
        order.push(id);
        if (order.length === names.length) all.resolve();
      },
    });
    await consumer.start();
    await all.promise;
    await consumer.stop();
    for (const lane of [0, 1, 2]) {
      const inLane = (id: string) => Number(id) % 3 === lane;
      expect(order.filter(inLane)).toEqual(names.filter(inLane));
    }
    const reached = await consumer.watermarks();
    expect(reached.reduce((sum, { handled }) => sum + Number(handled), 0)).toBe(names.length);
    await transport.close();
  });

  it('refuses to start, or warns, where the broker keeps records longer than the inbox its rows', async () => {
    const warnings: object[] = [];
    const options = {
      inboxRetentionMs: 1000,
      brokerRetention: async () => ({ kind: 'limited' as const, retentionMs: 2000 }),
      logger: {
        info: () => undefined,
        warn: (fields: object) => void warnings.push(fields),
        error: () => undefined,
      },
    };
    await expect(billing(options).start()).rejects.toMatchObject({
      code: 'RETENTION_TOO_SHORT',
      fields: { topic: 'orders', inboxRetentionMs: 1000, brokerRetentionMs: 2000 },
    });
    await expect(billing({ ...options, onShortRetention: 'warn' }).start()).rejects.toThrow('not subscribed');
    const { brokerRetention: _, ...unasked } = options;
    await expect(billing(unasked).start()).rejects.toThrow('not subscribed');
    expect(warnings).toMatchObject([{ kind: 'too-short' }, { kind: 'unproven' }]);
  });

  it.each([
    [{ topics: [] }, 'topics'],
    [{ consumer: '' }, 'consumer'],
    [{ inboxRetentionMs: 0 }, 'inboxRetentionMs'],
    [{ retryDelaysMs: [0] }, 'retryDelaysMs'],
    [{ maxTransactionRecords: 0 }, 'maxTransactionRecords'],
  ])('is not made with %j', (options, field) => {
    expect(() => billing({ ...options, messageKey: byOffset })).toThrowError(
      expect.objectContaining({ fields: expect.objectContaining({ field }) }),
    );
  });
});
