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

const near = contract('near', { act: { request: z.object({}) }, undo: { request: z.object({}) } });
const far = contract('far', { act: { request: z.object({}) }, undo: { request: z.object({}) } });
const retry = { attempts: 1 } as const;
const trip = saga('trip', { version: 1, input: z.object({}) })
  .invoke('near', near.act, { with: () => ({}), compensate: { command: near.undo, with: () => ({}) } })
  .invoke('far', far.act, {
    with: () => ({}),
    compensate: { command: far.undo, with: () => ({}) },
    retry,
    timeout: '1s',
  })
  .build();

const broker = createInMemoryBroker();
const undone: string[] = [];
let knex: Knex;
let drop: () => Promise<void>;
let engine: PostgresEngine<Knex.Transaction>;
let traveller: PostgresParticipant<Knex.Transaction>;

beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  knex = createKnex({ client: 'pg', connection: database.url, pool: { min: 0, max: 10 } });
  engine = postgresEngine({
    database: knex,
    name: 'trips',
    sagas: [trip],
    transport: broker.transport(),
    pollIntervalMs: 20,
    relayOptions: { pollIntervalMs: 20, longestPollIntervalMs: 20 },
  });
  traveller = postgresParticipant({
    database: knex,
    participant: participant(near, { act: () => {}, undo: () => void undone.push('near') }),
    orchestrators: ['trips'],
    transport: broker.transport(),
    schema: 'near',
  });
  await engine.migrate();
  await traveller.migrate();
  // The topic of 'far' is left out on purpose.
  await broker
    .transport()
    .ensureTopics(['near.commands', 'trips.replies.near', 'trips.replies.far'].map((topic) => ({ topic })));
  await traveller.open();
  await engine.open();
});
afterAll(async () => {
  await engine.close();
  await traveller.close();
  await knex.destroy();
  await drop();
});

const far0 = async () =>
  knex.withSchema('backstitch').from('outbox_events').where({ topic: 'far.commands' }).first('status', 'retry_count');

describe('a command that the broker refuses', () => {
  it('spends no attempt while it waits for its retries, and is skipped once it has FAILED: nobody can have seen it', async () => {
    const handle = await engine.start(trip, { input: {} });
    for (let row = await far0(); row?.status !== 'RETRY'; row = await far0());
    // Past its deadline it is still in its first attempt: the participant cannot answer what it never got.
    const before = await engine.find(handle.id);
    for (let now = before; now?.updatedAt === before?.updatedAt; now = await engine.find(handle.id));
    expect((await engine.find(handle.id))?.steps.far?.attempt).toBe(1);
    // The 5, 10 and 20 seconds between its retries are cut short.
    for (let row = await far0(); row !== undefined && row.status !== 'FAILED'; row = await far0()) {
      await knex
        .withSchema('backstitch')
        .from('outbox_events')
        .where({ topic: 'far.commands', status: 'RETRY' })
        .update({ next_retry_at: knex.raw('clock_timestamp()') });
    }
    await expect(handle.result({ timeout: '20s' })).rejects.toMatchObject({
      code: 'SAGA_COMPENSATED',
      fields: { failure: { code: 'STEP_NOT_SENT', step: 'far' } },
    });
    const view = await engine.find(handle.id);
    expect(view?.steps.far?.status).toBe('skipped');
    expect(view?.steps.near?.status).toBe('compensated');
    expect(undone).toEqual(['near']);
  });
});
