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
  postgresAnswers,
  postgresEngine,
  postgresParticipant,
} from '../../src/postgres/index.js';

const request = z.object({ n: z.number() });
const press = contract('press', { print: { request, reply: z.object({ pages: z.number() }) }, discard: { request } });
const printing = saga('printing', { version: 1, input: request })
  .invoke('print', press.print, {
    with: ({ input }) => input,
    compensate: { command: press.discard, with: ({ sent }) => sent },
    timeout: '10s',
    // Two attempts of it are shorter than the worker below takes, and far longer than a busy machine is silent.
    acceptedTimeout: '3s',
    retry: { attempts: 2, backoff: '10ms' },
  })
  .output(({ steps }) => steps.print);
const uploads: string[] = [];
const uploading = saga('uploading', { version: 1, input: request })
  .call(
    'upload',
    async ({ input, signal, heartbeat }) => {
      uploads.push(`begun ${input.n}`);
      if (uploads.filter((each) => each === `begun ${input.n}`).length === 1 && input.n === 0) {
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      }
      for (const endsAt = performance.now() + 2_500; performance.now() < endsAt; ) {
        signal.throwIfAborted();
        heartbeat();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    { compensate: 'nothing to undo', timeout: '30s', heartbeat: '1s', retry: { attempts: 2, backoff: '10ms' } },
  )
  .build();

const discarded: string[] = [];
let knex: Knex;
let drop: () => Promise<void>;
let engine: PostgresEngine<Knex.Transaction>;
let service: PostgresParticipant<Knex.Transaction>;

beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  knex = createKnex({ client: 'pg', connection: database.url, pool: { min: 0, max: 16 } });
  await knex.raw('create table jobs (id text primary key)');
  const transport = createInMemoryBroker().transport();
  engine = postgresEngine({
    database: knex,
    name: 'shop',
    sagas: [printing, uploading],
    transport,
    pollIntervalMs: 20,
  });
  service = postgresParticipant({
    database: knex,
    participant: participant(press, {
      async print({ trx, command, accept }) {
        await trx('jobs').insert({ id: command.id });
        return accept();
      },
      discard: ({ command }) => void discarded.push(command.sagaId),
    }),
    orchestrators: ['shop'],
    transport,
    schema: 'press',
  });
  await engine.migrate();
  await service.migrate();
  await engine.ensureTopics();
  await service.ensureTopics();
  await service.open();
  await engine.open();
});
afterAll(async () => {
  await engine.close();
  await service.close();
  await knex.destroy();
  await drop();
});

/** The job of a saga, as soon as it has been taken on. */
async function jobOf(sagaId: string): Promise<string> {
  for (;;) {
    const found = (await knex('jobs').where('id', 'like', `${sagaId}%`).first()) as { id: string } | undefined;
    if (found !== undefined) return found.id;
  }
}
const worker = () => postgresAnswers<Knex.Transaction>({ database: knex, schema: 'press', heartbeatEveryMs: 50 });
const finish = (id: string) => knex.transaction((trx) => worker().answer(trx, press.print, id).succeed({ pages: 3 }));

describe('a saga whose participant answers later, on Postgres', () => {
  it('waits as long as the worker is heard of, and goes on with its answer', async () => {
    const handle = await engine.start(printing, { input: { n: 1 } });
    const id = await jobOf(handle.id);
    for (const endsAt = performance.now() + 7_000; performance.now() < endsAt; ) {
      await worker().heartbeat(press.print, id);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await finish(id)).toBe('answered');
    expect(await handle.result({ timeout: '20s' })).toEqual({ pages: 3 });
    const view = await engine.find(handle.id);
    expect(view?.status).toBe('completed');
  });

  it('whose worker died is undone, and a worker that comes back with its answer is fenced', async () => {
    const handle = await engine.start(printing, { input: { n: 2 } });
    const id = await jobOf(handle.id);
    await expect(handle.result({ timeout: '20s' })).rejects.toMatchObject({ code: 'SAGA_COMPENSATED' });
    expect(discarded.filter((each) => each === handle.id)).toHaveLength(1);
    await expect(finish(id)).rejects.toMatchObject({ code: 'FENCED' });
  });
});

describe('a call with heartbeats, on Postgres', () => {
  it('renews its lease while it speaks, and is made once', async () => {
    const handle = await engine.start(uploading, { input: { n: 1 } });
    const renewed = () => knex.withSchema('backstitch').from('saga_instances').where({ id: handle.id }).first('state');
    while (!JSON.stringify(await renewed()).includes('heardAt'));
    await handle.result({ timeout: '20s' });
    expect(uploads.filter((each) => each === 'begun 1')).toHaveLength(1);
  });

  it('that says nothing is stopped long before its timeout, and made again', async () => {
    const handle = await engine.start(uploading, { input: { n: 0 } });
    await handle.result({ timeout: '20s' });
    expect(uploads.filter((each) => each === 'begun 0')).toHaveLength(2);
  });
});
