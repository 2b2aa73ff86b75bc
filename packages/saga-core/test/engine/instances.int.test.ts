import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import { type Database, postgresDatabase } from '@backstitch/postgres';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstances, type Instances } from '../../src/index.js';
import { postgresSagaStore } from '../../src/postgres/index.js';
import { type OrderServices, openOrderServices, placeOrder } from './order-fixture.js';

const note = { actor: 'ada', reason: 'a test' };
let server: TestDatabase;
let services: OrderServices;
/** In another process there would be no engine. */
let beside: Instances;

beforeAll(async () => {
  server = await testDatabase();
  services = await openOrderServices(server.url);
  const database: Database<Knex.Transaction> = postgresDatabase(services.knex);
  beside = createInstances({ store: postgresSagaStore({ database, schema: 'orders_saga' }), sagas: [placeOrder] });
});
afterAll(async () => {
  await services.close();
  await server.drop();
});

async function place(orderId: string, amount: number, tags: Record<string, string>): Promise<string> {
  const input = { orderId, qty: 1, amount };
  const handle = await services.engine.start(placeOrder, { input, tags, idempotencyKey: orderId });
  await handle.result({ timeout: '30s' }).catch(() => undefined);
  return handle.id;
}

describe('an operator without an engine of their own', () => {
  it('finds instances by tag, key, status and text, counts them, and sees what became of one', async () => {
    const good = await place('o-1', 10, { customer: 'ann' });
    const bad = await place('o-2', 5_000, { customer: 'ann' });
    const found = await beside.list({ tag: { name: 'customer', value: 'ann' } });
    expect(found.instances.map(({ id, status }) => [id, status])).toEqual([
      [bad, 'compensated'],
      [good, 'completed'],
    ]);
    const idsOf = async (filter: Parameters<Instances['list']>[0]) =>
      (await beside.list(filter)).instances.map(({ id }) => id);
    expect(await idsOf({ startKey: 'o-1' })).toEqual([good]);
    expect(await idsOf({ text: 'declined', saga: 'place-order' })).toEqual([bad]);
    expect((await beside.counts()).groups.map(({ status, count }) => [status, count])).toEqual([
      ['completed', 1],
      ['compensated', 1],
    ]);
    const seen = await beside.inspect(good);
    expect(seen).toMatchObject({ input: { orderId: 'o-1' }, remaining: [], journalNext: null, mailbox: [] });
    expect(seen?.messages.map(({ eventType, status }) => [eventType, status])).toEqual([
      ['inventory.reserve', 'SENT'],
      ['payment.authorize', 'SENT'],
    ]);
    expect(seen?.journal.at(-1)?.events.at(-1)).toMatchObject({ kind: 'sagaCompleted' });
  });
});

describe('a verb for many, on Postgres', () => {
  it('does what its dry run said', async () => {
    const { engine, knex } = services;
    const starting = { tags: { batch: 'b-1' } };
    // In transactions of our own, held before anything of them is sent.
    const ids = await knex.transaction(async (trx) => {
      const started = [];
      for (const orderId of ['b-1', 'b-2', 'b-3'])
        started.push(await engine.start(placeOrder, { ...starting, trx, input: { orderId, qty: 1, amount: 1 } }));
      return started.map(({ id }) => id);
    });
    const filter = { tag: { name: 'batch', value: 'b-1' } };
    const paused = await engine.bulk({ kind: 'pause' }, filter, { ...note, limit: 10 });
    const held = (await engine.instances.list({ paused: true })).instances.map(({ id }) => id);
    expect(held).toHaveLength(paused.applied);
    expect(ids).toEqual(expect.arrayContaining(held));
    const cancel = { kind: 'cancel' } as const;
    const dry = await engine.bulk(cancel, { ...filter, paused: true }, { ...note, limit: 10, dryRun: true });
    expect(dry).toMatchObject({ matched: held.length, applied: held.length, end: 'complete' });
    const wet = await engine.bulk(cancel, { ...filter, paused: true }, { ...note, limit: 10 });
    expect(wet).toMatchObject({ matched: dry.matched, applied: dry.applied, unchanged: 0, refused: [] });
    for (const { sagaId, entries } of dry.previews) {
      const journal = (await engine.instances.inspect(sagaId))?.journal ?? [];
      // Answers may have come in between: they are recorded while it is paused.
      const cancelled = journal.find(({ cause }) => cause.kind === 'cancel');
      expect([cancelled?.events]).toEqual(entries.map(({ events }) => events));
    }
    await engine.bulk({ kind: 'resume' }, { ...filter, paused: true }, { ...note, limit: 10 });
  });
});
