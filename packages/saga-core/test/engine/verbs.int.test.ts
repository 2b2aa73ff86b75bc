import { testDatabase } from '@backstitch/devkit/testing';
import { contract } from '@backstitch/messaging';
import { createInMemoryBroker } from '@backstitch/messaging/testing';
import createKnex, { type Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { participant, saga } from '../../src/knex/index.js';
import {
  type PostgresEngine,
  type PostgresParticipant,
  postgresEngine,
  postgresParticipant,
} from '../../src/postgres/index.js';

const stock = contract('stock', {
  take: { request: z.object({ n: z.number() }) },
  back: { request: z.object({ n: z.number() }) },
});
const bank = contract('bank', { capture: { request: z.object({ n: z.number() }), errors: { NO: z.object({}) } } });
const ship = contract('ship', { book: { request: z.object({ n: z.number() }), errors: { FULL: z.object({}) } } });

const sale = saga('sale', { version: 1, input: z.object({ n: z.number() }) })
  .invoke('take', stock.take, {
    with: ({ input }) => input,
    compensate: { command: stock.back, with: ({ sent }) => sent },
  })
  .pivot('capture', bank.capture, {
    with: ({ input }) => input,
    retry: { attempts: 'forever', backoff: '50ms', maxBackoff: '50ms' },
    timeout: '1s',
  })
  .invoke('book', ship.book, { with: ({ input }) => input })
  .build();

/** What the participants do at this moment of the test. */
const mood = { capture: 'fail' as 'fail' | 'ok' | 'decline', book: 'decline' as 'decline' | 'ok' };
const calls: string[] = [];
const broker = createInMemoryBroker();
const verb = { actor: 'ada', reason: 'a test' };
let knex: Knex;
let drop: () => Promise<void>;
let engine: PostgresEngine<Knex.Transaction>;
let participants: PostgresParticipant<Knex.Transaction>[];

beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  knex = createKnex({ client: 'pg', connection: database.url, pool: { min: 0, max: 20 } });
  engine = postgresEngine({
    database: knex,
    name: 'sales',
    sagas: [sale],
    transport: broker.transport(),
    pollIntervalMs: 20,
  });
  const note = (name: string): void => void calls.push(name);
  const all = [
    participant(stock, { take: () => note('take'), back: () => note('back') }),
    participant(bank, {
      capture: ({ decline }) => {
        note('capture');
        if (mood.capture === 'fail') throw new Error('the bank is down');
        if (mood.capture === 'decline') return decline('NO', {});
      },
    }),
    participant(ship, {
      book: ({ decline }) => {
        note('book');
        if (mood.book === 'decline') return decline('FULL', {});
      },
    }),
  ];
  participants = all.map((each) =>
    postgresParticipant({
      database: knex,
      participant: each,
      orchestrators: ['sales'],
      transport: broker.transport(),
      schema: `p_${each.name}`,
    }),
  );
  await engine.migrate();
  await engine.ensureTopics();
  for (const each of participants) {
    await each.migrate();
    await each.open();
  }
  await engine.open();
});
afterAll(async () => {
  await engine.close();
  for (const each of participants) await each.close();
  await knex.destroy();
  await drop();
});

const until = async (id: string, is: (view: NonNullable<Awaited<ReturnType<typeof engine.find>>>) => boolean) => {
  for (;;) {
    const view = await engine.find(id);
    if (view !== undefined && is(view)) return view;
  }
};

describe('an operator', () => {
  it('cancels while the pivot is open: it is applied when the pivot declines', async () => {
    mood.capture = 'fail';
    const { id } = await engine.start(sale, { input: { n: 1 } });
    await until(id, (view) => (view.steps.capture?.attempt ?? 0) > 1);
    expect((await engine.cancel(id, verb)).status).toBe('running');
    mood.capture = 'decline';
    await until(id, (view) => view.status === 'compensated');
    expect(calls.at(-1)).toBe('back');
  });

  it('cannot cancel behind a committed pivot, and a step declined there is parked; retry opens a new round', async () => {
    mood.capture = 'ok';
    mood.book = 'decline';
    const handle = await engine.start(sale, { input: { n: 2 } });
    await expect(handle.result({ timeout: '20s' })).rejects.toMatchObject({
      code: 'SAGA_PARKED',
      fields: { parked: { step: 'book', code: 'STEP_DECLINED' } },
    });
    await expect(engine.cancel(handle.id, verb)).rejects.toMatchObject({ code: 'VERB_REFUSED' });
    mood.book = 'ok';
    await engine.retry(handle.id, verb);
    const done = await until(handle.id, (view) => view.status === 'completed');
    expect(done.steps.book).toMatchObject({ status: 'succeeded', round: 2 });
    await expect(engine.retry(handle.id, verb)).rejects.toMatchObject({ code: 'VERB_REFUSED' });
  });

  it('pauses and resumes: answers are taken in, nothing is sent meanwhile', async () => {
    mood.capture = 'fail';
    mood.book = 'ok';
    const { id } = await engine.start(sale, { input: { n: 3 } });
    await until(id, (view) => view.steps.capture?.status === 'dispatched');
    expect((await engine.pause(id, verb)).paused).toBe(true);
    mood.capture = 'ok';
    await broker.idle();
    const before = calls.length;
    await engine.wakeDue();
    expect(calls.length).toBe(before);
    await engine.resume(id, verb);
    await until(id, (view) => view.status === 'completed');
  });

  it('must say who and why', async () => {
    await expect(
      engine.pause('0190c3f0-0000-7000-8000-000000000000', { actor: '', reason: 'x' }),
    ).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    await expect(engine.pause('0190c3f0-0000-7000-8000-000000000000', verb)).rejects.toMatchObject({
      code: 'INSTANCE_UNKNOWN',
    });
  });
});
