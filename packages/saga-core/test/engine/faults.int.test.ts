import { testDatabase } from '@backstitch/devkit/testing';
import { createSeededRandom } from '@backstitch/messaging/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { postgresEngine } from '../../src/postgres/index.js';
import { fold, type JournalEntry, withoutPace } from '../../src/index.js';
import { type OrderServices, openOrderServices, placeOrder } from './order-fixture.js';

const seed = Number(process.env.SEED ?? 20261122);
let services: OrderServices;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  services = await openOrderServices(database.url, {
    seed,
    faults: {
      duplicateChance: 0.2,
      duplicateWithinMs: 500,
      delayChance: 0.1,
      delayUpToMs: 1_500,
      lossAfterAckChance: 0.02,
      sendFailureChance: 0.05,
      commitLossChance: 0.1,
      reorderLanesChance: 0.3,
    },
  });
});
afterAll(async () => {
  await services.close();
  await drop();
});

it(`two engines under duplicates and delays settle every order, once (SEED=${seed})`, async () => {
  const { knex, broker } = services;
  const random = createSeededRandom(seed);
  const second = postgresEngine({
    database: knex,
    name: 'orders',
    sagas: [placeOrder],
    transport: broker.transport(),
    schema: 'orders_saga',
    preparedStatements: true,
    pollIntervalMs: 20,
  });
  await second.open();
  await knex('stock').update({ available: 100_000 });
  const ids: string[] = [];
  for (let batch = 0; batch < 10; batch += 1) {
    const started = Array.from({ length: 20 }, async (_, index) => {
      const amount = random.next() < 0.2 ? 5_000 : random.next() < 0.1 ? 666 : 100;
      const engine = index % 2 === 0 ? services.engine : second;
      const { id } = await engine.start(placeOrder, { input: { orderId: `f-${batch}-${index}`, qty: 1, amount } });
      ids.push(id);
    });
    await Promise.all(started);
  }
  for (const id of ids) {
    await services.engine
      .handle(placeOrder, id)
      .result({ timeout: '60s' })
      .catch((error: { code: string }) => expect(error.code).toBe('SAGA_COMPENSATED'));
  }
  await second.close();

  const instances = await knex
    .withSchema('orders_saga')
    .from('saga_instances')
    .whereIn('id', ids)
    .select('id', 'status', 'state');
  expect(instances.filter(({ status }) => status !== 'completed' && status !== 'compensated')).toEqual([]);
  const confirmed = await knex('orders').where({ status: 'CONFIRMED' }).select('id');
  const cancelled = await knex('orders').where({ status: 'CANCELLED' }).select('id');
  expect(confirmed.length + cancelled.length).toBe(ids.length);
  expect((await knex('reservations').select('order_id')).map(({ order_id }) => order_id).sort()).toEqual(
    confirmed.map(({ id }) => id).sort(),
  );
  expect((await knex('payments').select('order_id')).map(({ order_id }) => order_id).sort()).toEqual(
    confirmed.map(({ id }) => id).sort(),
  );
  expect((await knex('stock').first()).available).toBe(100_000 - confirmed.length);

  for (const { id, state } of instances) {
    const rows: { seq: number; entry: string }[] = await knex
      .withSchema('orders_saga')
      .from('saga_journal')
      .where({ saga_id: id })
      .orderBy('seq')
      .select('seq', 'entry');
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
    const entries = rows.map(({ entry }) => JSON.parse(entry) as JournalEntry);
    expect(withoutPace(fold({ status: 'running', steps: {} }, entries).state)).toEqual(withoutPace(JSON.parse(state)));
  }
}, 180_000);
