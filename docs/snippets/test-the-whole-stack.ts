// #region open
import { participant } from '@backstitch/saga-core/knex';
import { createTestEngine, type TestEngine } from '@backstitch/saga-core/testing';
import knexFactory, { type Knex } from 'knex';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { payments } from './contracts.js';
import { placeOrder } from './place-order.js';
import { handlers } from './write-a-participant.js';

const knex = knexFactory({ client: 'pg', connection: process.env['DATABASE_URL'] ?? '' });
const bank = participant(payments, {
  authorize: ({ command, decline }) =>
    command.payload.amountMinor > 10_000 ? decline('REFUSED', { reason: 'limit' }) : { paymentId: command.id },
  void: () => undefined,
});
const order = { orderId: 'o1', sku: 'tea', quantity: 1, totalMinor: 450 };

let engine: TestEngine<Knex.Transaction>;
beforeEach(async () => {
  engine = await createTestEngine({ sagas: [placeOrder], participants: [handlers, bank], database: knex });
});
afterEach(async () => {
  expect(await engine.violations()).toEqual([]);
  await engine.close();
});
// #endregion open

beforeAll(async () => {
  await knex.raw(`create table orders (id text primary key, status text);
    create table stock (sku text primary key, available int);
    create table reservations (id text primary key, order_id text, sku text, quantity int)`);
});
afterAll(() => knex.destroy());
beforeEach(async () => {
  await knex('stock').delete();
  await knex('orders').delete();
  await knex('reservations').delete();
  await knex('stock').insert({ sku: 'tea', available: 5 });
});

// #region settle
test('a dear order leaves the stock as it was', async () => {
  const { id } = await engine.start(placeOrder, { input: { ...order, totalMinor: 99_999 } });
  await engine.settle();
  expect(await engine.find(id)).toMatchObject({ status: 'compensated', failure: { code: 'REFUSED' } });
  expect(await knex('stock').first()).toMatchObject({ available: 5 });
});
// #endregion settle

// #region time
test('a bank that is down for an hour costs the customer nothing', async () => {
  engine.participant('payments').crash();
  const placed = await engine.start(placeOrder, { input: order });
  await engine.advance('1h');
  expect((await engine.find(placed.id))?.status).toBe('compensating');
  await engine.participant('payments').restart();
  await engine.until(placed, 'compensated');
  expect(engine.sent(placed).filter(({ command }) => command === 'payments.authorize')).not.toEqual([]);
});
// #endregion time

// #region crash
test('a participant that is killed within its transaction does its work once', async () => {
  let kills = 0;
  knex.on('query', ({ sql }: { readonly sql: string }) => {
    if (sql.startsWith('insert into "reservations"') && kills++ === 0) engine.participant('inventory').crash();
  });
  const placed = await engine.start(placeOrder, { input: order });
  await engine.settle();
  await engine.participant('inventory').restart();
  await engine.until(placed, 'completed');
  expect(await knex('stock').first()).toMatchObject({ available: 4 });
});
// #endregion crash

// #region faults
test.each([1, 2, 3])('duplicates, delays and losses change nothing (seed %i)', async (seed) => {
  const faults = { duplicateChance: 0.3, duplicateWithinMs: 20_000, delayChance: 0.3, lossAfterAckChance: 0.1 };
  const options = { sagas: [placeOrder], participants: [handlers, bank], database: knex };
  const faulty = await createTestEngine({ ...options, seed, faults });
  const placed = await faulty.start(placeOrder, { input: order });
  await faulty.until(placed, ({ status }) => status === 'completed' || status === 'compensated');
  const left = (await faulty.find(placed.id))?.status === 'completed' ? 4 : 5;
  expect(await knex('stock').first()).toMatchObject({ available: left });
  expect(await faulty.violations()).toEqual([]);
  await faulty.close();
});
// #endregion faults
