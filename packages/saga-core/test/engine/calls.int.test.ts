import { testDatabase } from '@backstitch/devkit/testing';
import { createInMemoryBroker } from '@backstitch/messaging/testing';
import createKnex, { type Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { saga } from '../../src/knex/index.js';
import { type PostgresEngine, postgresEngine } from '../../src/postgres/index.js';

const made: string[] = [];
const mood = { wire: 'ok' as 'ok' | 'fail' | 'hang' };
const pay = saga('pay', { version: 1, input: z.object({ n: z.number() }) })
  .call(
    'wire',
    async ({ idempotencyKey, signal }) => {
      made.push(idempotencyKey);
      if (mood.wire === 'fail') throw new Error('502');
      if (mood.wire === 'hang')
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      return { reference: 'w1' };
    },
    {
      compensate: ({ idempotencyKey }) => void made.push(idempotencyKey),
      timeout: '200ms',
      retry: { attempts: 2, backoff: '10ms' },
    },
  )
  .sleep('settle', '50ms')
  .waitFor('approval', z.object({ by: z.string() }))
  .output(({ steps }) => ({ by: steps.approval.by, reference: steps.wire.reference }));

let knex: Knex;
let drop: () => Promise<void>;
let engine: PostgresEngine<Knex.Transaction>;
const open = async (): Promise<PostgresEngine<Knex.Transaction>> => {
  const one = postgresEngine({
    database: knex,
    name: 'payer',
    sagas: [pay],
    transport: createInMemoryBroker().transport(),
    pollIntervalMs: 20,
  });
  await one.migrate();
  await one.open();
  return one;
};

beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  knex = createKnex({ client: 'pg', connection: database.url, pool: { min: 0, max: 10 } });
  engine = await open();
});
afterAll(async () => {
  await engine.close();
  await knex.destroy();
  await drop();
});

const approval = { step: 'approval', id: 's1', body: { by: 'ada' } };

describe('a saga of calls, sleeps and signals on Postgres', () => {
  it('is completed; the signal is taken once, also before anybody waits for it', async () => {
    mood.wire = 'ok';
    const handle = await engine.start(pay, { input: { n: 1 } });
    expect(await engine.signal(handle.id, approval)).toBe(true);
    expect(await engine.signal(handle.id, approval)).toBe(false);
    expect(await handle.result({ timeout: '20s' })).toEqual({ by: 'ada', reference: 'w1' });
    expect(made).toEqual([`${handle.id}/wire/1/do`]);
    expect(await engine.signal(handle.id, approval)).toBe(false);
  });

  it("begins with the caller's own transaction, and makes no call where that rolls back", async () => {
    made.length = 0;
    const trx = await knex.transaction();
    await engine.start(pay, { input: { n: 1 }, trx });
    await trx.rollback();
    const handle = await knex.transaction((own) => engine.start(pay, { input: { n: 2 }, trx: own }));
    await engine.signal(handle.id, approval);
    await handle.result({ timeout: '20s' });
    expect(made).toEqual([`${handle.id}/wire/1/do`]);
  });

  it('is undone as unknown where its call fails to the end', async () => {
    made.length = 0;
    mood.wire = 'fail';
    const handle = await engine.start(pay, { input: { n: 1 } });
    await expect(handle.result({ timeout: '20s' })).rejects.toMatchObject({
      code: 'SAGA_COMPENSATED',
      fields: { failure: { code: 'STEP_FAILED' } },
    });
    const key = `${handle.id}/wire/1`;
    expect(made).toEqual([`${key}/do`, `${key}/do`, `${key}/undo`]);
  });

  it('refuses a signal that does not fit, one for no such step, and one for nobody', async () => {
    mood.wire = 'ok';
    const { id } = await engine.start(pay, { input: { n: 1 } });
    await expect(engine.signal(id, { ...approval, body: { by: 7 } })).rejects.toMatchObject({
      code: 'SIGNAL_INVALID',
      fields: { step: 'approval' },
    });
    await expect(engine.signal(id, { ...approval, step: 'settle' })).rejects.toMatchObject({ code: 'SIGNAL_REFUSED' });
    await expect(engine.signal('0190c3f0-0000-7000-8000-000000000000', approval)).rejects.toMatchObject({
      code: 'INSTANCE_UNKNOWN',
    });
  });

  it('hands a hanging call its abort, and another process makes it again when the lease has ended', async () => {
    made.length = 0;
    mood.wire = 'hang';
    const handle = await engine.start(pay, { input: { n: 1 } });
    while (made.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await engine.close({ timeoutMs: 5_000 });
    mood.wire = 'ok';
    engine = await open();
    await engine.signal(handle.id, approval);
    expect((await engine.handle(pay, handle.id).result({ timeout: '30s' })).reference).toBe('w1');
    expect(new Set(made)).toEqual(new Set([`${handle.id}/wire/1/do`]));
  });
});
