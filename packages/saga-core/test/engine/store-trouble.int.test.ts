import { testDatabase } from '@backstitch/devkit/testing';
import { contract } from '@backstitch/messaging';
import { createInMemoryBroker } from '@backstitch/messaging/testing';
import createKnex, { type Knex } from 'knex';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { participant, saga } from '../../src/knex/index.js';
import {
  type PostgresEngine,
  type PostgresParticipant,
  postgresEngine,
  postgresParticipant,
} from '../../src/postgres/index.js';

const desk = contract('desk', { work: { request: z.object({}) } });
const task = saga('task', { version: 1, input: z.object({}) })
  .invoke('work', desk.work, { with: () => ({}), compensate: 'nothing to undo' })
  .build();
const quick = saga('quick', { version: 1, input: z.object({}) })
  .invoke('work', desk.work, {
    with: () => ({}),
    compensate: 'nothing to undo',
    timeout: '100ms',
    retry: { attempts: 1 },
  })
  .build();

const broker = createInMemoryBroker();
let knex: Knex;
let drop: () => Promise<void>;
let engine: PostgresEngine<Knex.Transaction>;
let worker: PostgresParticipant<Knex.Transaction>;

beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  knex = createKnex({ client: 'pg', connection: database.url, pool: { min: 0, max: 12 } });
  const transport = broker.transport();
  engine = postgresEngine({
    database: knex,
    name: 'orders',
    sagas: [task, quick],
    transport,
    pollIntervalMs: 20,
  });
  worker = postgresParticipant({
    database: knex,
    participant: participant(desk, { work: () => undefined }),
    orchestrators: ['orders'],
    transport,
    schema: 'desk',
  });
  await engine.migrate();
  await worker.migrate();
  await engine.ensureTopics();
  await engine.open();
  await worker.open();
});
afterAll(async () => {
  await engine.close();
  await worker.close();
  await knex.destroy();
  await drop();
});

const quarantined = async () => knex.withSchema('backstitch').from('saga_quarantine').select('reason');
it.each([
  ['a statement takes too long', '57014'],
  ['a right is missing', '42501'],
  ['a table is missing', '42P01'],
])('a reply is not put aside because %s: it is applied when that is over', async (_, state) => {
  // A sequence counts what is rolled back, too. The command is sent once the trouble is there.
  const handle = await knex.transaction(async (trx) => {
    const started = await engine.start(task, { input: {}, trx });
    await trx.raw(`
      create sequence troubles;
      create function trouble() returns trigger language plpgsql as $$ begin
        perform nextval('troubles');
        raise exception 'trouble' using errcode = '${state}';
      end $$;
      create trigger trouble before insert on backstitch.saga_journal execute function trouble()`);
    return started;
  });
  const tried = async (): Promise<number> => Number((await knex('troubles').first('last_value')).last_value);
  while ((await tried()) < 3) await new Promise((resolve) => setImmediate(resolve));
  await knex.raw('drop function trouble cascade; drop sequence troubles');
  await handle.result({ timeout: '20s' });
  expect(await quarantined()).toEqual([]);
});

it('an instance that cannot be read stops neither the clocks nor the replies of others', async () => {
  await worker.close();
  const damaged = await engine.start(quick, { input: {} });
  const sound = await engine.start(quick, { input: {} });
  await knex.withSchema('backstitch').from('saga_instances').where({ id: damaged.id }).update({ state: '{' });
  // Nobody answers: only the clock can end it.
  while ((await engine.find(sound.id))?.status !== 'compensating')
    await new Promise((resolve) => setImmediate(resolve));
});
