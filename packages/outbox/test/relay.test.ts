import type { Transport } from '@backstitch/messaging';
import { createInMemoryBroker, createSeededRandom, createVirtualClock } from '@backstitch/messaging/testing';
import { createMemoryDatabase } from '@backstitch/postgres/testing';
import { describe, expect, it } from 'vitest';
import { type ClaimedRow, createRelay, type NewOutboxRow, type RelayOptions } from '../src/index.js';
import { newRow } from '../src/testing/conformance/new-row.js';
import { createMemoryOutbox } from '../src/testing/index.js';

/** Two topics, one broker, one table in memory, one virtual clock, and relays on them. */
async function stage() {
  const clock = createVirtualClock();
  const broker = createInMemoryBroker({ clock, maxRecordBytes: 1_000 });
  const transport = broker.transport();
  await transport.ensureTopics([
    { topic: 'orders', partitions: 1 },
    { topic: 'stock', partitions: 1 },
  ]);
  const database = createMemoryDatabase();
  const outbox = createMemoryOutbox({ database, nowMs: clock.now });
  const { next: random } = createSeededRandom(1);
  const settings: RelayOptions = { store: outbox.store, transport, clock, monotonicNowMs: clock.now, random };
  return {
    ...outbox,
    clock,
    broker,
    database,
    settings,
    relay: (options: Partial<RelayOptions> = {}) => createRelay({ ...settings, ...options }),
    insert: (rows: readonly NewOutboxRow[], bornLeaseMs?: number) =>
      database.transaction((tx) => outbox.table.insert(tx, rows, bornLeaseMs === undefined ? {} : { bornLeaseMs })),
    /** Lets time pass in small steps, so that what takes a turn of the event loop (a send) takes little of it. */
    pass: async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 5) {
        await clock.advance(5);
        await broker.settled();
      }
    },
    /** How often each row of the topic was claimed. */
    epochs: (topic: string) =>
      database.read((reader) =>
        reader
          .table<{ topic: string; claimEpoch: number }>('outbox_events')
          .where((row) => row.topic === topic)
          .map((row) => row.claimEpoch),
      ),
    values: (topic: string) => (broker.topics().get(topic) ?? []).map((record) => record.value),
  };
}

const say = (word: string, given: Partial<NewOutboxRow> = {}): NewOutboxRow =>
  newRow({ payload: JSON.stringify(word), ...given });
const tooLarge = (given: Partial<NewOutboxRow> = {}): NewOutboxRow => say('x'.repeat(2_000), given);

describe('runOnce', () => {
  it('sends what waits, with key and headers, and records it', async () => {
    const it = await stage();
    await it.insert([say('a'), say('b', { topic: 'stock', key: 's1' })]);
    const relay = it.relay();
    expect(await relay.runOnce()).toEqual({ claimed: 2, sent: 2, refused: 0, released: 0, lost: 0 });
    expect(await relay.runOnce()).toEqual({ claimed: 0, sent: 0, refused: 0, released: 0, lost: 0 });
    expect(it.broker.topics().get('stock')?.[0]).toMatchObject({
      key: 's1',
      value: '"b"',
      headers: { ce_type: 'OrderPlaced' },
    });
    expect(await it.store.counts()).toMatchObject({ pending: 0, retry: 0, failed: 0 });
  });

  it('blocks the lane of a refused record and no other, through 5, 10 and 20 seconds until it has FAILED', async () => {
    const it = await stage();
    await it.insert([tooLarge(), say('behind'), say('other', { key: 'k2' })]);
    const relay = it.relay();
    expect(await relay.runOnce()).toMatchObject({ claimed: 3, sent: 1, refused: 1, released: 1 });
    for (const waitMs of [5_000, 10_000, 20_000]) {
      await it.clock.advance(waitMs - 1);
      expect((await relay.runOnce()).claimed).toBe(0);
      await it.clock.advance(1);
      expect(await relay.runOnce()).toMatchObject({ claimed: 2, refused: 1, released: 1 });
    }
    await it.clock.advance(3_600_000);
    expect((await relay.runOnce()).claimed).toBe(0);
    expect(it.values('orders')).toEqual(['"other"']);
    expect(await it.store.counts()).toMatchObject({ failed: 1, pending: 1, blockedLanes: 1 });
  });

  it('sends nothing that is behind a refused record, also where bytes cut the batch in two', async () => {
    const it = await stage();
    await it.insert([say('a'), tooLarge(), say('behind'), say('other', { key: 'k2' })]);
    const relay = it.relay({ batchBytes: 10 });
    expect(await relay.runOnce()).toMatchObject({ claimed: 4, sent: 2, refused: 1, released: 1 });
    expect(it.values('orders')).toEqual(['"a"', '"other"']);
  });

  it('counts nothing against the rows when the broker is away, however often', async () => {
    const it = await stage();
    await it.insert([say('a', { maxRetries: 0 }), say('b')]);
    const relay = it.relay();
    it.broker.outage();
    for (let round = 0; round < 10; round++)
      expect(await relay.runOnce()).toMatchObject({ claimed: 2, sent: 0, refused: 0, released: 2 });
    it.broker.heal();
    expect(await relay.runOnce()).toMatchObject({ sent: 2 });
    expect(it.values('orders')).toEqual(['"a"', '"b"']);
  });

  it('is refused by a relay that was stopped', async () => {
    const relay = (await stage()).relay();
    await relay.stop();
    await expect(relay.runOnce()).rejects.toMatchObject({ code: 'RELAY_STOPPED' });
    expect(() => relay.start()).toThrow(expect.objectContaining({ code: 'RELAY_STOPPED' }));
  });
});

describe('a started relay', () => {
  it('polls, drains a long lane in order, and stops', async () => {
    const it = await stage();
    const words = Array.from({ length: 25 }, (_, index) => `${index}`);
    await it.insert(words.map((word) => say(word)));
    const relay = it.relay({ batchSize: 4, pollIntervalMs: 60_000, longestPollIntervalMs: 60_000 });
    relay.start();
    // Far less than one poll: each batch makes room for the next.
    await it.pass(1_000);
    expect(it.values('orders')).toEqual(words.map((word) => JSON.stringify(word)));
    await it.insert([say('later')]);
    await it.clock.advance(60_000);
    expect(it.values('orders')).toHaveLength(26);
    await relay.stop();
    expect(await it.store.counts()).toMatchObject({ pending: 0 });
    expect(it.clock.nextTimerAt()).toBeUndefined();
  });

  it('publishes born rows from memory without waiting for the poll, and settles them', async () => {
    const it = await stage();
    const delivered: string[] = [];
    const store = { ...it.store, claim: async () => [] };
    const relay = it.relay({ store, onDelivered: (rows) => delivered.push(...rows.map((row) => row.payload)) });
    relay.start();
    const first = await it.insert([say('a'), say('b')], 5_000);
    relay.publish(first);
    relay.publish(await it.insert([say('c')], 5_000));
    await it.broker.settled();
    expect(it.values('orders')).toEqual(['"a"', '"b"', '"c"']);
    await it.clock.advance(50);
    expect(await it.store.counts()).toMatchObject({ pending: 0 });
    expect(delivered).toEqual(['"a"', '"b"', '"c"']);
    await relay.stop();
  });

  it('never publishes a born row from memory after its lease: it is claimed again', async () => {
    const it = await stage();
    const relay = it.relay();
    relay.start();
    const rows = await it.insert([say('a'), say('b')], 1_000);
    const late = rows.map((row): ClaimedRow => ({ ...row, leaseEndsAtMs: it.clock.now() }));
    relay.publish(late);
    await it.broker.settled();
    expect(it.values('orders')).toEqual([]);
    await it.clock.advance(3_000);
    expect(it.values('orders')).toEqual(['"a"', '"b"']);
    await relay.stop();
  });

  it('lets no born row overtake an unsent row of its lane that it does not hold', async () => {
    const it = await stage();
    await it.insert([say('first')]);
    const relay = it.relay({ pollIntervalMs: 100 });
    const store = { ...it.store };
    relay.start();
    const born = await it.insert([say('second')], 5_000);
    relay.publish(born);
    await it.clock.advance(1_000);
    expect(it.values('orders')).toEqual(['"first"', '"second"']);
    expect(await store.counts()).toMatchObject({ pending: 0 });
    await relay.stop();
  });

  it('claims hinted rows at once, and sends nothing of those that are not there', async () => {
    const it = await stage();
    const relay = it.relay({ pollIntervalMs: 60_000, longestPollIntervalMs: 60_000 });
    relay.start();
    await it.clock.advance(0);
    const row = say('a');
    await it.insert([row]);
    relay.hint([row.id, '00000000-0000-4000-8000-000000000000']);
    await it.clock.advance(10);
    expect(it.values('orders')).toEqual(['"a"']);
    await relay.stop();
  });

  it('pauses while the broker is away, goes on when it is back, in order, and no row is FAILED or counted', async () => {
    const it = await stage();
    const relay = it.relay();
    relay.start();
    it.broker.outage();
    const words = ['a', 'b', 'c', 'd'];
    await it.insert([say('a', { maxRetries: 0 }), say('b')]);
    await it.clock.advance(300_000);
    relay.publish(await it.insert([say('c'), say('d')], 5_000));
    await it.clock.advance(300_000);
    expect(await it.store.counts()).toMatchObject({ pending: 4, retry: 0, failed: 0, blockedLanes: 0 });
    it.broker.heal();
    await it.clock.advance(60_000);
    expect(it.values('orders')).toEqual(words.map((word) => JSON.stringify(word)));
    await relay.stop();
  });

  it('leaves what is over its bound to the poller, and loses nothing', async () => {
    const it = await stage();
    const relay = it.relay({ maxHeldRows: 3, batchSize: 2 });
    relay.start();
    const words = Array.from({ length: 20 }, (_, index) => `${index}`);
    for (const word of words) relay.publish(await it.insert([say(word)], 5_000));
    await it.clock.advance(60_000);
    expect(it.values('orders')).toEqual(words.map((word) => JSON.stringify(word)));
    await relay.stop();
  });

  it('tries to record outcomes until the leases end when the store fails, and sends nothing twice if it comes back in time', async () => {
    const it = await stage();
    let failures = 3;
    const settle: typeof it.store.settle = async (settlements) => {
      if (failures-- > 0) throw new Error('the database is away');
      return it.store.settle(settlements);
    };
    const relay = it.relay({ store: { ...it.store, settle } });
    relay.start();
    await it.insert([say('a')]);
    await it.clock.advance(60_000);
    expect(it.values('orders')).toEqual(['"a"']);
    expect(await it.store.counts()).toMatchObject({ pending: 0 });
    await relay.stop();
  });

  it('records what was sent although recording a refusal fails for ever', async () => {
    const it = await stage();
    const settle: typeof it.store.settle = async (settlements) => {
      if (settlements.some(({ outcome }) => outcome.kind === 'refused')) throw new Error('onFailed threw');
      return it.store.settle(settlements);
    };
    const relay = it.relay({ store: { ...it.store, settle } });
    relay.start();
    await it.insert([tooLarge(), say('b', { key: 'k2' })]);
    await it.clock.advance(5_000);
    expect(it.values('orders')).toEqual(['"b"']);
    expect(await it.store.counts()).toMatchObject({ pending: 1 });
    const stopped = relay.stop({ timeoutMs: 1_000 });
    await it.clock.advance(1_000);
    await stopped;
  });

  it('gives back what waits when it is stopped, and finishes what is on its way', async () => {
    const it = await stage();
    const relay = it.relay({ batchSize: 1 });
    relay.start();
    relay.publish(await it.insert([say('a'), say('b')], 5_000));
    await relay.stop();
    const sent = it.values('orders').length;
    expect((await it.store.claim({ limit: 10, leaseMs: 1_000 })).length).toBe(2 - sent);
    expect(sent).toBeLessThan(2);
  });
});

describe('topics', () => {
  it('are sent beside one another: a topic whose send hangs holds up no other', async () => {
    const it = await stage();
    const hanging: Transport = {
      ...it.settings.transport,
      send: (records) =>
        records[0]?.topic === 'stock' ? new Promise(() => undefined) : it.settings.transport.send(records),
    };
    const relay = it.relay({ transport: hanging, batchSize: 5 });
    relay.start();
    // More than the queue takes of all topics together.
    await it.insert(Array.from({ length: 40 }, () => say('stuck', { topic: 'stock' })));
    await it.insert([say('a'), say('b')]);
    await it.pass(2_500);
    await it.insert([say('c')]);
    await it.pass(2_500);
    expect(it.values('orders')).toEqual(['"a"', '"b"', '"c"']);
    const stopped = relay.stop({ timeoutMs: 100 });
    await it.clock.advance(100);
    await stopped;
  });

  it('are each sent in batches of their own', async () => {
    const it = await stage();
    const batches: string[][] = [];
    const seeing: Transport = {
      ...it.settings.transport,
      send(records) {
        batches.push(records.map((record) => record.topic));
        return it.settings.transport.send(records);
      },
    };
    await it.insert([say('a'), say('b', { topic: 'stock' }), say('c'), say('d', { topic: 'stock' })]);
    await it.relay({ transport: seeing }).runOnce();
    expect(batches.sort()).toEqual([
      ['orders', 'orders'],
      ['stock', 'stock'],
    ]);
  });

  it('gather rows until a batch is full or old enough', async () => {
    const it = await stage();
    let sends = 0;
    const counting: Transport = {
      ...it.settings.transport,
      send(records) {
        sends += 1;
        return it.settings.transport.send(records);
      },
    };
    const relay = it.relay({ transport: counting, batchSize: 3, maxBatchAgeMs: 200 });
    relay.start();
    relay.publish(await it.insert([say('a')], 5_000));
    relay.publish(await it.insert([say('b')], 5_000));
    await it.pass(150);
    expect(sends).toBe(0);
    await it.pass(60);
    expect([sends, it.values('orders')]).toEqual([1, ['"a"', '"b"']]);
    relay.publish(await it.insert([say('c'), say('d'), say('e')], 5_000));
    await it.pass(10);
    expect([sends, it.values('orders').length]).toEqual([2, 5]);
    await relay.stop();
  });

  it('with a rate are sent no faster, hold up no other topic, and take no more rows than they can send', async () => {
    const it = await stage();
    const relay = it.relay({ topicRates: { stock: 20 } });
    await it.insert(Array.from({ length: 100 }, (_, n) => say(`s${n}`, { topic: 'stock' })));
    await it.insert(Array.from({ length: 100 }, (_, n) => say(`o${n}`)));
    relay.start();
    await it.pass(1_000);
    expect(it.values('orders')).toHaveLength(100);
    expect(it.values('stock').length).toBeGreaterThanOrEqual(20);
    expect(it.values('stock').length).toBeLessThanOrEqual(25);
    await it.pass(5_000);
    expect(it.values('stock')).toEqual(Array.from({ length: 100 }, (_, n) => JSON.stringify(`s${n}`)));
    expect(new Set(it.epochs('stock'))).toEqual(new Set([1]));
    await relay.stop();
  });
});

describe('options', () => {
  it.each([
    ['batchSize', 0],
    ['batchSize', 1.5],
    ['leaseMs', Number.NaN],
    ['settleLingerMs', -1],
    ['maxBatchAgeMs', 15_000],
    ['longestPollIntervalMs', 10],
  ])('name the field and what was found: %s %s', async (field, found) => {
    const { settings } = await stage();
    expect(() => createRelay({ ...settings, [field]: found })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID', fields: { field, found } }),
    );
  });
});
