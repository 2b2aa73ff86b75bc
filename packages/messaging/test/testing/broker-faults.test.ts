import { describe, expect, it } from 'vitest';
import type { InboundRecord, RecordBatch, Transport } from '../../src/index.js';
import {
  type BrokerFaults,
  createInMemoryBroker,
  createSeededRandom,
  createVirtualClock,
} from '../../src/testing/index.js';

const topic = 'orders.events';
const numbered = (key: string, count: number) =>
  Array.from({ length: count }, (_, at) => ({ topic, key, value: `${key}-${at}` }));
const values = (records: readonly InboundRecord[]): (string | null)[] => records.map((record) => record.value);

async function brokerWith(faults: BrokerFaults, { seed = 1, partitions = 1 } = {}) {
  const clock = createVirtualClock();
  const broker = createInMemoryBroker({ seed, clock, faults });
  const transport = broker.transport();
  await transport.ensureTopics([{ topic, partitions }]);
  return { clock, broker, transport, written: () => values(broker.topics().get(topic) ?? []) };
}

/** Sends until the broker says that it has it, as a relay does. */
async function sendSurely(transport: Transport, records: Parameters<Transport['send']>[0]): Promise<number> {
  for (let attempts = 1; ; attempts++) {
    try {
      await transport.send(records);
      return attempts;
    } catch (error) {
      if (!(error instanceof Error && error.name === 'TransportUnavailableError')) throw error;
    }
  }
}

describe('the faults of the in-memory broker', () => {
  it('lose a record that was acknowledged, where that is asked for', async () => {
    const { transport, written } = await brokerWith({ lossAfterAckChance: 0.5 });
    const results = await transport.send(numbered('o-1', 100));
    expect(results.every((result) => result.kind === 'sent')).toBe(true);
    expect(written().length).toBeGreaterThan(20);
    expect(written().length).toBeLessThan(80);
  });

  it('write a record twice, at once or later', async () => {
    const { transport, written, clock } = await brokerWith({ duplicateChance: 0.5, duplicateWithinMs: 100 });
    await transport.send(numbered('o-1', 100));
    expect(written().length).toBeLessThan(120);
    await clock.advance(100);
    expect(written().length).toBeGreaterThan(120);
    expect(new Set(written()).size).toBe(100);
  });

  it('hold back a late record and all behind it, so that no lane is reordered', async () => {
    const { transport, broker, clock } = await brokerWith({ delayChance: 0.3, delayUpToMs: 50 });
    const handled: InboundRecord[] = [];
    await transport.subscribe({
      group: 'g',
      topics: [topic],
      handle: async ({ records }) => void handled.push(...records),
    });
    await transport.send(numbered('o-1', 50));
    await broker.settled();
    expect(handled.length).toBeLessThan(50);
    await clock.advance(50);
    await broker.settled();
    expect(values(handled)).toEqual(numbered('o-1', 50).map((record) => record.value));
  });

  it('mix the lanes of a call and keep each of them', async () => {
    const { transport, written } = await brokerWith({ reorderLanesChance: 0.99 });
    const sent = ['a', 'b', 'c'].flatMap((key) => numbered(key, 10));
    await transport.send(sent);
    expect(written()).not.toEqual(sent.map((record) => record.value));
    for (const key of ['a', 'b', 'c']) {
      expect(written().filter((value) => value?.startsWith(key))).toEqual(
        numbered(key, 10).map((record) => record.value),
      );
    }
  });

  it('make a send fail, and in some cases after writing', async () => {
    const { transport, written } = await brokerWith({ sendFailureChance: 0.5 });
    let attempts = 0;
    for (const record of numbered('o-1', 50)) attempts += await sendSurely(transport, [record]);
    expect(new Set(written()).size).toBe(50);
    expect(written().length).toBeGreaterThan(50);
    expect(attempts).toBeGreaterThan(written().length);
  });

  it('lose a commit, so that a handled batch comes again', async () => {
    const { transport, broker } = await brokerWith({ commitLossChance: 0.5 });
    const handled: InboundRecord[] = [];
    await transport.subscribe({
      group: 'g',
      topics: [topic],
      maxBatchRecords: 1,
      handle: async ({ records }) => void handled.push(...records),
    });
    await transport.send(numbered('o-1', 30));
    await broker.idle();
    expect(handled.length).toBeGreaterThan(30);
    expect([...new Set(values(handled))]).toEqual(numbered('o-1', 30).map((record) => record.value));
  });

  it('end when the broker is calmed', async () => {
    const { transport, broker, written } = await brokerWith({ lossAfterAckChance: 0.9, sendFailureChance: 0.9 });
    broker.calm();
    await transport.send(numbered('o-1', 100));
    expect(written()).toEqual(numbered('o-1', 100).map((record) => record.value));
  });

  it.each([
    ['a chance of 1', { duplicateChance: 1 }, 'faults.duplicateChance'],
    ['a negative chance', { delayChance: -0.1 }, 'faults.delayChance'],
    ['no number', { sendFailureChance: Number.NaN }, 'faults.sendFailureChance'],
    ['an endless delay', { delayUpToMs: Number.POSITIVE_INFINITY }, 'faults.delayUpToMs'],
  ])('are refused with %s', (_, faults, field) => {
    expect(() => createInMemoryBroker({ faults })).toThrow(
      expect.objectContaining({
        code: 'OPTIONS_INVALID',
        fields: expect.objectContaining({ field }),
        hint: expect.any(String),
      }),
    );
  });
});

/** Two groups of up to three processes that join, crash and fail at random while a producer sends; then the faults end. */
async function turmoil(seed: number) {
  const { clock, broker, transport } = await brokerWith(
    {
      duplicateChance: 0.1,
      duplicateWithinMs: 40,
      delayChance: 0.1,
      reorderLanesChance: 0.3,
      sendFailureChance: 0.1,
      commitLossChance: 0.1,
    },
    { seed, partitions: 4 },
  );
  const random = createSeededRandom(seed + 1);
  const handled = new Map<string, InboundRecord[]>([
    ['first', []],
    ['second', []],
  ]);
  let quiet = false;
  const join = async (group: string): Promise<{ crash(): void }> => {
    const process = broker.transport();
    await process.subscribe({
      group,
      topics: [topic],
      maxBatchRecords: 1 + random.integer(5),
      async handle({ records }: RecordBatch) {
        if (!quiet && random.chance(0.2)) throw new Error('the handler failed');
        handled.get(group)?.push(...records);
      },
    });
    return process;
  };
  const processes = new Map([...handled.keys()].map((group) => [group, [] as { crash(): void }[]]));
  for (let round = 0; round < 30; round++) {
    for (const [group, members] of processes) {
      if (members.length < 3 && random.chance(0.3)) members.push(await join(group));
      if (random.chance(0.15)) members.shift()?.crash();
    }
    await sendSurely(
      transport,
      Array.from({ length: 12 }, (_, key) => ({ topic, key: `o-${key}`, value: `o-${key}/${round}` })),
    );
    await clock.advance(random.integer(20));
  }
  quiet = true;
  broker.calm();
  for (const [group] of processes) await join(group);
  do {
    await broker.settled();
    await clock.advance(1_000);
  } while (clock.nextTimerAt() !== undefined);
  await broker.settled();
  return { handled, topics: broker.topics(), groups: broker.groups() };
}

describe('at least once and in order', () => {
  it.each(Array.from({ length: 25 }, (_, seed) => seed + 1))(
    'holds under faults, crashes and rebalances with seed %i',
    async (seed) => {
      const { handled, groups } = await turmoil(seed);
      for (const [group, records] of handled) {
        for (let key = 0; key < 12; key++) {
          const lane = [
            ...new Set(records.filter((record) => record.key === `o-${key}`).map((record) => record.value)),
          ];
          expect(lane, `${group}, o-${key}`).toEqual(Array.from({ length: 30 }, (_, round) => `o-${key}/${round}`));
        }
        for (const { committed, end } of groups.get(group) ?? []) expect(committed).toBe(end);
      }
    },
  );

  it('has one history for one seed', async () => {
    expect(await turmoil(7)).toEqual(await turmoil(7));
    expect((await turmoil(7)).topics).not.toEqual((await turmoil(8)).topics);
  });
});
