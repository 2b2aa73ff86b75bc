// #region open
import { testParticipant } from '@backstitch/saga-core/testing';
import knexFactory, { type Knex } from 'knex';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { inventory } from './contracts.js';
import { handlers } from './write-a-participant.js';

const knex = knexFactory({ client: 'pg', connection: process.env['DATABASE_URL'] ?? '' });
let trx: Knex.Transaction;
beforeEach(async () => {
  trx = await knex.transaction();
  await trx('shop.stock').insert({ sku: 'tea', available: 5 });
});
afterEach(() => trx.rollback());
// #endregion open

beforeAll(async () => {
  await knex.raw(`create schema shop;
    create table shop.stock (sku text primary key, available int);
    create table shop.reservations (id text primary key, order_id text, sku text, quantity int)`);
});
beforeEach(() => trx.raw('set local search_path = shop, public'));
afterAll(() => knex.destroy());

// #region do
const order = { orderId: 'o1', sku: 'tea', quantity: 2 };

test('a reservation takes from the stock, once', async () => {
  const t = await testParticipant(handlers, { database: knex, trx });
  const reserved = await t.do(inventory.reserve, order);
  expect(reserved).toMatchObject({ outcome: 'succeeded', ran: true });
  expect(await t.do(inventory.reserve, order, reserved)).toEqual({ ...reserved, ran: false }); // a duplicate
  expect(await trx('stock').first()).toMatchObject({ available: 3 });
});

test('what is not there is declined, and nothing is written', async () => {
  const t = await testParticipant(handlers, { database: knex, trx });
  const answer = await t.do(inventory.reserve, { ...order, quantity: 9 });
  expect(answer).toMatchObject({ outcome: 'declined', code: 'OUT_OF_STOCK', detail: { sku: 'tea' } });
  expect(await trx('reservations')).toEqual([]);
});
// #endregion do

// #region undo
test('an undo gives back what was taken', async () => {
  const t = await testParticipant(handlers, { database: knex, trx });
  const reserved = await t.do(inventory.reserve, order);
  await t.undo(inventory.release, { orderId: 'o1' }, reserved);
  expect(await trx('stock').first()).toMatchObject({ available: 5 });
});

test('a command that arrives after its undo does nothing', async () => {
  const t = await testParticipant(handlers, { database: knex, trx });
  const place = { sagaId: 's1', step: 'reserveInventory' };
  expect(await t.undo(inventory.release, { orderId: 'o1' }, place)).toMatchObject({ fence: 'tombstone', ran: false });
  expect(await t.do(inventory.reserve, order, place)).toMatchObject({ outcome: 'failed', code: 'FENCED' });
});
// #endregion undo

// #region throws
test('a handler that throws leaves nothing, and the next attempt runs', async () => {
  const t = await testParticipant(handlers, { database: knex, trx });
  await trx.raw("alter table reservations add constraint no_tea check (sku <> 'tea')");
  const failed = await t.do(inventory.reserve, order);
  expect(failed).toMatchObject({ outcome: 'failed', fence: 'fresh' });
  expect(await trx('stock').first()).toMatchObject({ available: 5 });
  await trx.raw('alter table reservations drop constraint no_tea');
  expect(await t.do(inventory.reserve, order, failed)).toMatchObject({ outcome: 'succeeded', ran: true });
});
// #endregion throws
