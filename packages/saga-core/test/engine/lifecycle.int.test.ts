import { testDatabase } from '@backstitch/devkit/testing';
import { contract } from '@backstitch/messaging';
import { createInMemoryBroker, type InMemoryBroker } from '@backstitch/messaging/testing';
import createKnex, { type Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
let broker: InMemoryBroker;
let knex: Knex;
let drop: () => Promise<void>;
let engine: PostgresEngine<Knex.Transaction>;
let worker: PostgresParticipant<Knex.Transaction>;

beforeEach(async () => {
  const database = await testDatabase();
  drop = database.drop;
  broker = createInMemoryBroker();
  knex = createKnex({ client: 'pg', connection: database.url, pool: { min: 0, max: 10 } });
  const transport = broker.transport();
  engine = postgresEngine({ database: knex, name: 'orders', sagas: [task], transport, pollIntervalMs: 20 });
  worker = postgresParticipant({
    database: knex,
    participant: participant(desk, { work: () => undefined }),
    orchestrators: ['orders'],
    transport,
    schema: 'desk',
  });
  await engine.migrate();
  await worker.migrate();
});
afterEach(async () => {
  await engine.close({ timeoutMs: 100 });
  await worker.close({ timeoutMs: 100 }).catch(() => undefined);
  await knex.destroy();
  await drop();
});

/** Members of a group keep their partitions until they leave: what nobody left behind, a newcomer has at once. */
const delivered = (group: string) => broker.groups().get(group) ?? [];

describe('an engine', () => {
  it('that is opened twice at once is open once, and closes whole', async () => {
    await engine.ensureTopics();
    await Promise.all([engine.open(), engine.open()]);
    await engine.close();
    broker.write({ topic: 'orders.replies.desk', key: 'k', value: 'not json' });
    await broker.idle();
    // Nobody reads any more.
    expect(delivered('orders').every(({ committed }) => committed === 0)).toBe(true);
  });

  it('that is closed while it opens does not stay open', async () => {
    await engine.ensureTopics();
    const opening = engine.open().catch((error: { code: string }) => error.code);
    await engine.close();
    await opening;
    broker.write({ topic: 'orders.replies.desk', key: 'k', value: 'not json' });
    await broker.idle();
    expect(delivered('orders').every(({ committed }) => committed === 0)).toBe(true);
    await expect(engine.start(task, { input: {} })).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
  });

  it('cannot be opened again after it was closed, and says so', async () => {
    await engine.ensureTopics();
    await engine.open();
    await engine.close();
    await expect(engine.open()).rejects.toMatchObject({ code: 'ENGINE_CLOSED', hint: expect.stringContaining('new') });
    await engine.close();
  });

  it('whose opening failed can be opened again, or closed', async () => {
    await expect(engine.open()).rejects.toMatchObject({ code: expect.any(String) });
    await engine.ensureTopics();
    await engine.open();
    const handle = await engine.start(task, { input: {} });
    expect((await engine.find(handle.id))?.status).toBe('running');
  });
});

describe('a participant', () => {
  it('whose opening failed can be opened again', async () => {
    await expect(worker.open()).rejects.toMatchObject({ code: expect.any(String) });
    await worker.ensureTopics();
    await worker.open();
    broker.write({ topic: 'desk.commands', key: 'k', value: 'not json' });
    await broker.idle();
    expect(delivered('desk').some(({ committed }) => committed === 1)).toBe(true);
  });

  it('whose opening failed closes without an error', async () => {
    await expect(worker.open()).rejects.toMatchObject({ code: expect.any(String) });
    await worker.close();
  });
});
