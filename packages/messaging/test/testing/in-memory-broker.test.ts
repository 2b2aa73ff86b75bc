import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InboundRecord, type SubscribeOptions, TransportUnavailableError } from '../../src/index.js';
import {
  createInMemoryBroker,
  createVirtualClock,
  type InMemoryTransport,
  transportConformance,
} from '../../src/testing/index.js';

let names = 0;
const conforming = createInMemoryBroker();
transportConformance(
  {
    name: 'the in-memory broker',
    createTransport: async () => conforming.transport(),
    uniqueName: (prefix) => `${prefix}-${++names}`,
    crash: async (transport) => (transport as InMemoryTransport).crash(),
    write: async (record) => conforming.write(record),
    features: { refusedValueBytes: 1_048_577, slowHandlerMs: 20, patienceMs: 2_000 },
  },
  { describe, it, beforeAll, afterAll },
);

const topic = 'orders.events';
const one = [{ topic, key: 'o-1', value: 'one' }];

async function setting() {
  const clock = createVirtualClock(0);
  const broker = createInMemoryBroker({ clock, redeliveryBackoffMs: { first: 100, longest: 250 } });
  const transport = broker.transport();
  await transport.ensureTopics([{ topic, partitions: 1 }]);
  const handled: InboundRecord[] = [];
  const subscribe = (handle: SubscribeOptions['handle'] = async ({ records }) => void handled.push(...records)) =>
    transport.subscribe({ group: 'billing', topics: [topic], handle });
  return { clock, broker, transport, handled, subscribe };
}

describe('the in-memory broker', () => {
  it('waits longer after each rejection, up to a limit, by its clock', async () => {
    const { clock, broker, transport, subscribe } = await setting();
    const attemptsAt: number[] = [];
    await subscribe(async () => {
      attemptsAt.push(clock.now());
      throw new Error('the handler failed');
    });
    await transport.send(one);
    await broker.settled();
    await clock.advance(1_000);
    expect(attemptsAt).toEqual([0, 100, 300, 550, 800]);
  });

  it('sends, delivers and creates nothing during an outage, and goes on after it', async () => {
    const { broker, transport, handled, subscribe } = await setting();
    await subscribe();
    broker.outage();
    await expect(transport.send(one)).rejects.toThrow(TransportUnavailableError);
    await expect(transport.ensureTopics([{ topic: 'other' }])).rejects.toThrow(TransportUnavailableError);
    await expect(subscribe()).rejects.toThrow(TransportUnavailableError);
    broker.write({ topic, key: 'o-1', value: 'from elsewhere' });
    await broker.settled();
    expect(handled).toEqual([]);
    broker.heal();
    await transport.send(one);
    await broker.settled();
    expect(handled.map((record) => record.value)).toEqual(['from elsewhere', 'one']);
  });

  it('delivers again what was handled during an outage, because its commit could not arrive', async () => {
    const { broker, subscribe } = await setting();
    const values: (string | null | undefined)[] = [];
    const heartbeats: unknown[] = [];
    await subscribe(async ({ records }, { heartbeat }) => {
      if (values.length === 0) broker.outage();
      await heartbeat().catch((error: unknown) => heartbeats.push(error));
      values.push(records[0]?.value);
    });
    broker.write({ topic, key: 'o-1', value: 'one' });
    await broker.settled();
    broker.heal();
    await broker.settled();
    expect(values).toEqual(['one', 'one']);
    expect(heartbeats).toEqual([expect.any(TransportUnavailableError)]);
  });

  it('lets a crashed process neither send nor subscribe, and tells its subscriptions', async () => {
    const { transport, subscribe } = await setting();
    const { stopped } = await subscribe();
    transport.crash();
    await expect(stopped).rejects.toThrow(TransportUnavailableError);
    await expect(transport.send(one)).rejects.toThrow(TransportUnavailableError);
    await expect(subscribe()).rejects.toThrow(TransportUnavailableError);
  });

  it('does not tell a process that crashes while it sends what became of its records', async () => {
    const { broker, transport } = await setting();
    const sending = transport.send(one);
    transport.crash();
    await expect(sending).rejects.toThrow(TransportUnavailableError);
    expect(broker.topics().get(topic)).toHaveLength(1);
  });

  it('shows every record and how far each group has come', async () => {
    const { broker, transport, subscribe } = await setting();
    await transport.send([...one, { topic, key: 'o-2', value: 'two', headers: { ce_id: '1' } }]);
    await subscribe(async () => {
      throw new Error('the handler failed');
    });
    await broker.settled();
    expect(broker.topics().get(topic)).toMatchObject([
      { offset: '0', key: 'o-1', value: 'one', timestampMs: 0 },
      { offset: '1', key: 'o-2', value: 'two', headers: { ce_id: '1' } },
    ]);
    expect(broker.groups().get('billing')).toEqual([{ topic, partition: 0, committed: 0, end: 2 }]);
  });

  it('is settled while a backoff runs, and idle only after it', async () => {
    const broker = createInMemoryBroker({ redeliveryBackoffMs: { first: 1, longest: 1 } });
    const transport = broker.transport();
    await transport.ensureTopics([{ topic }]);
    let calls = 0;
    await transport.subscribe({
      group: 'billing',
      topics: [topic],
      async handle() {
        if (++calls < 3) throw new Error('the handler failed');
      },
    });
    await transport.send(one);
    await broker.idle();
    expect(calls).toBe(3);
  });

  it('is settled only when what the handlers sent was handled too', async () => {
    const { broker, transport, handled } = await setting();
    await transport.ensureTopics([{ topic: 'relayed' }]);
    await transport.subscribe({
      group: 'relay',
      topics: [topic],
      handle: async ({ records }) =>
        void (await transport.send(records.map(({ value }) => ({ topic: 'relayed', key: 'o-1', value: value ?? '' })))),
    });
    await transport.subscribe({
      group: 'end',
      topics: ['relayed'],
      handle: async ({ records }) => void handled.push(...records),
    });
    await transport.send(one);
    await broker.settled();
    expect(handled.map((record) => record.value)).toEqual(['one']);
  });

  it('refuses what can never work, with a hint', async () => {
    const { broker, transport } = await setting();
    const unknown = expect.objectContaining({
      code: 'TOPIC_UNKNOWN',
      fields: { topic: 'nowhere' },
      hint: expect.any(String),
    });
    await expect(
      transport.subscribe({ group: 'g', topics: ['nowhere'], handle: async () => undefined }),
    ).rejects.toEqual(unknown);
    expect(() => broker.write({ topic: 'nowhere', key: null, value: null })).toThrow(unknown);
    const invalid = expect.objectContaining({ code: 'OPTIONS_INVALID' });
    await expect(transport.ensureTopics([{ topic: 'none', partitions: 0 }])).rejects.toEqual(invalid);
    await expect(
      transport.subscribe({ group: 'g', topics: [topic], maxBatchRecords: 0, handle: async () => undefined }),
    ).rejects.toEqual(invalid);
  });

  it('answers about a record without a key that it is invalid', async () => {
    const { transport } = await setting();
    const untyped = { topic, key: null as unknown as string, value: 'x' };
    expect(await transport.send([untyped])).toMatchObject([{ kind: 'refused', code: 'INVALID_RECORD' }]);
  });
});
