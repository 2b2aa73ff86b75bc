import { testDatabase } from '@backstitch/devkit/testing';
import { contract } from '@backstitch/messaging';
import { createInMemoryBroker } from '@backstitch/messaging/testing';
import createKnex, { type Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { StepDeclined } from '../../src/index.js';
import { participant, saga } from '../../src/knex/index.js';
import {
  type PostgresEngine,
  type PostgresParticipant,
  postgresEngine,
  postgresParticipant,
} from '../../src/postgres/index.js';

const desk = contract('desk', {
  work: { request: z.object({}), reply: z.object({ json: z.string().transform((text) => JSON.parse(text)) }) },
  undo: { request: z.object({}) },
});
/** The participant's side knows nothing of what the orchestrator makes of its answer. */
const desksOwn = contract('desk', {
  work: { request: z.object({}), reply: z.object({ json: z.string() }) },
  undo: { request: z.object({}) },
});
const input = z.object({ how: z.string() });
const undoWork = { command: desk.undo, with: () => ({}) };
const calls: string[] = [];
let waiting = (): void => undefined;
const isWaiting = new Promise<void>((resolve) => {
  waiting = resolve;
});
let opened = (): void => undefined;
const gate = new Promise<void>((resolve) => {
  opened = resolve;
});

/** A remote step, and behind it a local one that does what the input says: in a transaction of its own, set off by a reply. */
const behave = saga('behave', { version: 1, input })
  .invoke('work', desk.work, { with: () => ({}), compensate: undoWork })
  .local(
    'first',
    async ({ trx, input: { how } }) => {
      calls.push(`${how} first`);
      if (how === 'deferred first') await trx('child').insert({ parent: 1 });
    },
    { compensate: 'nothing to undo' },
  )
  .local(
    'act',
    async ({ trx, input: { how } }): Promise<void> => {
      calls.push(how);
      if (how === 'deferred') await trx('child').insert({ parent: 1 });
      if (how === 'swallows') await trx.raw('select 1 / 0').catch(() => undefined);
      if (how === 'rolls back') await trx.rollback();
      if (how === 'declines oddly') throw new StepDeclined('ODD', { amount: 1n });
      if (how === 'throws nothing') throw undefined;
      if (how === 'throws a bare object') throw Object.create(null);
      if (how !== 'waits') return;
      waiting();
      await gate;
    },
    { compensate: 'nothing to undo', retry: { attempts: 2, backoff: '1ms' } },
  )
  .build();

const broker = createInMemoryBroker();
/** Its first step changes what it was handed. */
const careless = saga('careless', { version: 1, input })
  .local('change', ({ input: given }) => void Object.assign(given, { how: 'changed' }), {
    compensate: 'nothing to undo',
  })
  .output(({ input: given }) => given.how);

/** Its first step loses a race as often as the input says. */
const racing = saga('racing', { version: 1, input: z.object({ losses: z.number() }) })
  .local(
    'race',
    async ({ trx, input: { losses } }) => {
      await trx.raw(
        `do $$ begin if nextval('races') <= ${losses} then raise exception 'lost' using errcode = '40P01'; end if; end $$`,
      );
    },
    { compensate: 'nothing to undo' },
  )
  .build();

let knex: Knex;
let drop: () => Promise<void>;
let engine: PostgresEngine<Knex.Transaction>;
let worker: PostgresParticipant<Knex.Transaction>;
let answer = '{}';

beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  knex = createKnex({ client: 'pg', connection: database.url, pool: { min: 0, max: 12 } });
  await knex.raw('create sequence races');
  await knex.raw('create table parent (id int primary key)');
  await knex.raw('create table child (parent int references parent deferrable initially deferred)');
  const transport = broker.transport();
  engine = postgresEngine({
    database: knex,
    name: 'orders',
    sagas: [behave, careless, racing],
    transport,
    pollIntervalMs: 20,
  });
  worker = postgresParticipant({
    database: knex,
    participant: participant(desksOwn, { work: () => ({ json: answer }), undo: () => undefined }),
    orchestrators: ['orders'],
    transport,
    schema: 'desk',
  });
  await engine.migrate();
  await worker.migrate();
  await engine.ensureTopics();
  await worker.open();
  await engine.open();
});
afterAll(async () => {
  opened();
  await engine.close();
  await worker.close();
  await knex.destroy();
  await drop();
});

const failureOf = async (how: string) => {
  const handle = await engine.start(behave, { input: { how } });
  const thrown: unknown = await handle.result({ timeout: '20s' }).catch((error: unknown) => error);
  const { code, fields } = thrown as { code: string; fields: { failure?: { step: string; code: string } } };
  return {
    code,
    step: fields.failure?.step,
    failure: fields.failure?.code,
    ran: calls.filter((call) => call === how).length,
  };
};

describe('a local step', () => {
  it.each([
    ['deferred', 'STEP_FAILED'],
    ['swallows', 'STEP_FAILED'],
    ['rolls back', 'STEP_FAILED'],
    ['declines oddly', 'STEP_FAILED'],
    ['throws nothing', 'STEP_FAILED'],
    ['throws a bare object', 'STEP_FAILED'],
  ])('that %s uses up its attempts, and what came before is undone', async (how, failure) => {
    expect(await failureOf(how)).toEqual({ code: 'SAGA_COMPENSATED', step: 'act', failure, ran: 2 });
  });

  it('is blamed for its own deferred constraint, not the step behind it in the same transaction', async () => {
    expect(await failureOf('deferred first')).toMatchObject({ code: 'SAGA_COMPENSATED', step: 'first' });
  });

  it('that takes long holds up nobody but those behind it in its partition', async () => {
    const slow = await engine.start(behave, { input: { how: 'waits' } });
    await isWaiting;
    const handles = await Promise.all(
      Array.from({ length: 20 }, () => engine.start(behave, { input: { how: 'does nothing' } })),
    );
    const replies = () => broker.topics().get('orders.replies.desk') ?? [];
    const partition = ({ id }: { readonly id: string }) => replies().find(({ key }) => key === id)?.partition;
    while (handles.some((handle) => partition(handle) === undefined))
      await new Promise((resolve) => setImmediate(resolve));
    const others = handles.filter((handle) => partition(handle) !== partition(slow));
    for (const handle of others) await handle.result({ timeout: '20s' });
    expect(others.length).toBeGreaterThan(0);
    expect((await engine.find(slow.id))?.status).toBe('running');
    opened();
    for (const handle of [slow, ...handles]) await handle.result({ timeout: '20s' });
    expect(calls.filter((call) => call === 'waits')).toHaveLength(1);
  });
});

describe('a start', () => {
  it('that loses a race is run again, where the transaction is its own', async () => {
    await engine.start(racing, { input: { losses: 3 } });
    await knex.raw('alter sequence races restart');
    const inTheCallers = knex.transaction((trx) => engine.start(racing, { input: { losses: 1 }, trx }));
    await expect(inTheCallers).rejects.toMatchObject({ code: '40P01' });
  });
});

describe('an input', () => {
  it('is stored as it was given, whatever a step does to the object', async () => {
    const { id } = await engine.start(careless, { input: { how: 'given' } });
    const row = await knex.withSchema('backstitch').from('saga_instances').where({ id }).first('input');
    expect(JSON.parse(row.input)).toEqual({ how: 'given' });
  });
});

describe('a schema', () => {
  it('that throws on a reply parks its saga, and others go on', async () => {
    answer = 'no json';
    const handle = await engine.start(behave, { input: { how: 'is answered oddly' } });
    await expect(handle.result({ timeout: '20s' })).rejects.toMatchObject({ code: 'SAGA_PARKED' });
    expect((await engine.find(handle.id))?.parked).toMatchObject({ code: 'CONTRACT_BROKEN', step: 'work' });
    answer = '{}';
    await (await engine.start(behave, { input: { how: 'does nothing' } })).result({ timeout: '20s' });
  });
});
