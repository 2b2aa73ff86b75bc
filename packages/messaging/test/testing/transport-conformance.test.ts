import nodeTest from 'node:test';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { MessagingError, type SendResult, type SubscribeOptions, type Transport } from '../../src/index.js';
import {
  type ConformanceApi,
  createInMemoryBroker,
  type InMemoryTransport,
  transportConformance,
} from '../../src/testing/index.js';

type Body = () => Promise<void>;
type Breakage = (transport: InMemoryTransport) => Partial<Transport>;

const aboutOutage = ({ name }: { readonly name: string }): boolean => /outage|broker (is gone|went)/.test(name);

/** Runs the suite by a runner of its own and answers the sentences that did not hold. */
async function failures(
  breakage: Breakage,
  { abilities = 'all', patienceMs = 150 }: { abilities?: 'all' | 'none'; patienceMs?: number } = {},
): Promise<{ failed: string[]; passed: string[]; skipped: string[] }> {
  const broker = createInMemoryBroker();
  const made = new Map<Transport, InMemoryTransport>();
  const cases: { name: string; body: Body }[] = [];
  const skipped: string[] = [];
  const before: Body[] = [];
  let names = 0;
  transportConformance(
    {
      name: 'a transport',
      async createTransport() {
        const sound = broker.transport();
        const broken: Transport = { ...sound, ...breakage(sound) };
        made.set(broken, sound);
        return broken;
      },
      uniqueName: (prefix) => `${prefix}-${++names}`,
      ...(abilities === 'none'
        ? {}
        : {
            crash: async (transport) => made.get(transport)?.crash(),
            write: async (record) => broker.write(record),
            async outage() {
              broker.outage();
              return { end: async () => broker.heal() };
            },
          }),
      features: { refusedValueBytes: 1_048_577, slowHandlerMs: 20, patienceMs },
    },
    {
      describe: (_, body) => body(),
      it: Object.assign((name: string, body: Body) => void cases.push({ name, body }), {
        skip: (name: string) => void skipped.push(name),
      }),
      beforeAll: (body) => void before.push(body),
      afterAll: () => undefined,
    },
  );
  for (const body of before) await body();
  // An outage is everybody's: those cases come after the others, one by one.
  const [apart, together] = [cases.filter(aboutOutage), cases.filter((each) => !aboutOutage(each))];
  const ran = [...together, ...apart];
  const outcomes = await Promise.allSettled(together.map(({ body }) => body()));
  for (const { body } of apart) outcomes.push(...(await Promise.allSettled([body()])));
  const named = (status: string) => ran.filter((_, at) => outcomes[at]?.status === status).map(({ name }) => name);
  return { failed: named('rejected'), passed: named('fulfilled'), skipped };
}

const handling =
  (change: (handle: SubscribeOptions['handle']) => SubscribeOptions['handle']): Breakage =>
  (transport) => ({ subscribe: (options) => transport.subscribe({ ...options, handle: change(options.handle) }) });

const leaving = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()));

/** A sound transport never needs it; only a broken one is waited for. */
const soundMs = 10_000;

let member = 0;
const breakages: [string, Breakage, RegExp][] = [
  [
    'turns the records of a call round',
    ({ send }) => ({ send: async (records) => (await send([...records].reverse())).toReversed() }),
    /order of one key within a call/,
  ],
  [
    'begins a later call before an earlier one',
    ({ send }) => {
      let kept: Parameters<typeof send>[0] = [];
      return {
        async send(records) {
          const now = kept.length === 0 ? records : [...records, ...kept];
          kept = kept.length === 0 && records.length === 1 ? records : [];
          if (kept.length > 0) return [{ kind: 'sent' } as const];
          await send(now);
          return records.map(() => ({ kind: 'sent' }) as const);
        },
      };
    },
    /over several awaited calls/,
  ],
  [
    'does not say that a handler rejected',
    handling((handle) => (batch, context) => handle(batch, context).catch(() => undefined)),
    /delivers a batch again/,
  ],
  [
    'commits before the handler is done',
    handling((handle) => async (batch, context) => void handle(batch, context).catch(() => undefined)),
    /crashed process was handling/,
  ],
  [
    'ends one handler before the other has begun to end',
    handling((handle) => async (batch, context) => void handle(batch, context).catch(() => undefined)),
    /at the same time/,
  ],
  [
    'skips the first record',
    handling(
      (handle) => (batch, context) =>
        handle({ ...batch, records: batch.records.slice(batch.records[0]?.offset === '0' ? 1 : 0) }, context),
    ),
    /from the first one on/,
  ],
  [
    'takes batches of any size',
    ({ subscribe }) => ({ subscribe: ({ maxBatchRecords: _, ...options }) => subscribe(options) }),
    /no more records at once/,
  ],
  [
    'reads one topic of several',
    ({ subscribe }) => ({ subscribe: (options) => subscribe({ ...options, topics: options.topics.slice(0, 1) }) }),
    /several topics/,
  ],
  [
    'creates topics by use',
    (transport) => ({
      async send(records) {
        await transport.ensureTopics(records.map(({ topic }) => ({ topic })));
        return transport.send(records);
      },
    }),
    /unknown topic/,
  ],
  [
    'sends what is behind a refused record',
    ({ send }) => ({
      async send(records) {
        const results: SendResult[] = [];
        for (const record of records) results.push(...(await send([record])));
        return results;
      },
    }),
    /holds what follows in its lane/,
  ],
  [
    'loses headers',
    ({ send }) => ({ send: (records) => send(records.map(({ headers: _, ...record }) => record)) }),
    /headers by any name/,
  ],
  [
    'gives headers a prototype',
    handling(
      (handle) => (batch, context) =>
        handle(
          { ...batch, records: batch.records.map((record) => ({ ...record, headers: { ...record.headers } })) },
          context,
        ),
    ),
    /null prototype/,
  ],
  [
    'takes an empty value for none',
    handling(
      (handle) => (batch, context) =>
        handle(
          { ...batch, records: batch.records.map((record) => ({ ...record, value: record.value || null })) },
          context,
        ),
    ),
    /empty value/,
  ],
  [
    'takes no value for an empty one',
    handling(
      (handle) => (batch, context) =>
        handle(
          { ...batch, records: batch.records.map((record) => ({ ...record, value: record.value ?? '' })) },
          context,
        ),
    ),
    /as null/,
  ],
  [
    'sends bytes of one script',
    ({ send }) => ({
      send: (records) =>
        send(records.map((record) => ({ ...record, value: Buffer.from(record.value, 'latin1').toString('latin1') }))),
    }),
    /every script/,
  ],
  [
    'fails when a topic is there already',
    (transport) => {
      const seen = new Set<string>();
      return {
        async ensureTopics(topics) {
          for (const { topic } of topics) {
            if (seen.has(topic)) throw new Error('it exists');
            seen.add(topic);
          }
          await transport.ensureTopics(topics);
        },
      };
    },
    /ten concurrent callers/,
  ],
  [
    'does not wait for the handler at close',
    ({ subscribe }) => ({
      async subscribe(options) {
        const subscription = await subscribe(options);
        return { ...subscription, close: async () => void subscription.close() };
      },
    }),
    /waits at close/,
  ],
  [
    'does not abort the signal',
    handling((handle) => (batch, context) => handle(batch, { ...context, signal: new AbortController().signal })),
    /aborts its signal/,
  ],
  [
    'does not know a deadline at close',
    ({ subscribe }) => ({
      async subscribe(options) {
        const subscription = await subscribe(options);
        return { ...subscription, close: () => subscription.close({ timeoutMs: 400 }) };
      },
    }),
    /deadline of close|did not finish before/,
  ],
  [
    'never says that it stopped',
    ({ subscribe }) => ({
      subscribe: async (options) => ({ ...(await subscribe(options)), stopped: new Promise<void>(() => undefined) }),
    }),
    /resolves stopped/,
  ],
  [
    'sends after it was closed',
    ({ send }) => ({
      send: (records) => send(records).catch((error) => (error instanceof MessagingError ? [] : Promise.reject(error))),
    }),
    /refuses everything afterwards/,
  ],
  [
    'breaks off heartbeats',
    handling(
      (handle) => (batch, context) => handle(batch, { ...context, heartbeat: () => Promise.reject(new Error('out')) }),
    ),
    /slow handler/,
  ],
  [
    'says that a record was sent which no broker took',
    ({ send }) => ({ send: (records) => send(records).catch(() => records.map(() => ({ kind: 'sent' as const }))) }),
    /while the broker is gone and blames no record/,
  ],
  [
    'does not mark what it cut',
    handling(
      (handle) => (batch, context) =>
        handle({ ...batch, records: batch.records.map(({ poison: _, ...record }) => record) }, context),
    ),
    /thousands of headers/,
  ],
  [
    'chooses partitions in its own way',
    handling(
      (handle) => (batch, context) =>
        handle(
          { ...batch, records: batch.records.map((record) => ({ ...record, partition: record.partition + 1 })) },
          context,
        ),
    ),
    /murmur2/,
  ],
  [
    'answers for a handler that still runs',
    handling((handle) => (batch, context) => Promise.race([handle(batch, context), leaving(context.signal)])),
    /before the slow handler that runs in it has ended/,
  ],
  [
    'gives every member every partition',
    ({ subscribe }) => ({
      subscribe: (options) => subscribe({ ...options, group: `${options.group}-${member++}` }),
    }),
    /begins behind the handled records/,
  ],
];

describe('the transport conformance suite', () => {
  it('finds nothing wrong with a sound transport', async () => {
    const { failed, passed, skipped } = await failures(() => ({}), { patienceMs: soundMs });
    expect(failed).toEqual([]);
    expect(skipped).toEqual([]);
    expect(passed.length).toBeGreaterThanOrEqual(42);
  });

  it.each(breakages)('finds the transport that %s', async (_, breakage, sentence) => {
    const { failed } = await failures(breakage);
    expect(failed.filter((name) => sentence.test(name))).not.toEqual([]);
  });

  it('reports as skipped what the subject cannot show', async () => {
    const { skipped, failed } = await failures(() => ({}), { abilities: 'none', patienceMs: soundMs });
    expect(failed).toEqual([]);
    expect(skipped).toHaveLength(8);
    expect(skipped.every((name) => /\(the subject has no (crash|write|outage)\)$/.test(name))).toBe(true);
  });

  it("fits the functions of Node's own runner", () => {
    const { describe, it, before, after } = nodeTest;
    expectTypeOf({ describe, it, beforeAll: before, afterAll: after }).toExtend<ConformanceApi>();
  });
});
