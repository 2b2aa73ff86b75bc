// #region handlers
import { participant } from '@backstitch/saga-core/knex';
import { inventory } from './contracts.js';

export const handlers = participant(inventory, {
  reserve: {
    async handleBatch({ trx, commands, decline }) {
      // Locked in one order: two batches that lock the same rows in opposite orders would deadlock.
      const skus = [...new Set(commands.map(({ payload }) => payload.sku))];
      const stock = await trx('stock').whereIn('sku', skus).orderBy('sku').forUpdate();
      const left = new Map<string, number>(stock.map(({ sku, available }) => [sku, available]));
      const rows: { id: string; order_id: string; sku: string; quantity: number }[] = [];
      const answers = commands.map(({ id, payload: { orderId, sku, quantity } }) => {
        const after = (left.get(sku) ?? 0) - quantity;
        if (after < 0) return decline('OUT_OF_STOCK', { sku }); // decided before anything is written
        left.set(sku, after);
        rows.push({ id, order_id: orderId, sku, quantity });
        return { reservationId: id };
      });
      if (rows.length > 0) await trx('reservations').insert(rows);
      for (const [sku, available] of left) await trx('stock').where({ sku }).update({ available });
      return answers; // one a command, in their order
    },
  },
  // The others may stay as they are: one command, one transaction.
  async release({ trx, command }) {
    const rows = await trx('reservations').where({ order_id: command.payload.orderId }).delete().returning('*');
    for (const { sku, quantity } of rows) await trx('stock').where({ sku }).increment('available', quantity);
  },
});
// #endregion handlers

// #region test
import { testParticipant } from '@backstitch/saga-core/testing';
import knexFactory, { type Knex } from 'knex';
import { afterAll, beforeAll, expect, test } from 'vitest';

const knex = knexFactory({ client: 'pg', connection: process.env['DATABASE_URL'] ?? '' });

test('a batch takes what there is and declines the rest', async () => {
  const trx: Knex.Transaction = await knex.transaction();
  await trx('stock').insert({ sku: 'tea', available: 5 });
  const t = await testParticipant(handlers, { database: knex, trx });
  const orders = ['o1', 'o2', 'o3'].map((orderId) => ({ orderId, sku: 'tea', quantity: 2 }));
  const answers = await t.doAll(inventory.reserve, orders); // one call, one transaction
  expect(answers.map(({ outcome }) => outcome)).toEqual(['succeeded', 'succeeded', 'declined']);
  expect(await trx('stock').first()).toMatchObject({ available: 1 });
  await trx.rollback();
});
// #endregion test

beforeAll(async () => {
  await knex.raw(`create table stock (sku text primary key, available int);
    create table reservations (id text primary key, order_id text, sku text, quantity int)`);
});
afterAll(() => knex.destroy());
