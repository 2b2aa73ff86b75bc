import { testDatabase } from '@backstitch/devkit/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openOrderServices, type OrderServices, placeOrder } from '../engine/order-fixture.js';

let services: OrderServices;
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  services = await openOrderServices(database.url);
});
afterAll(async () => {
  await services.close();
  await drop();
});

it('undoes a step whose fence row was pruned meanwhile: the orchestrator knows that it took effect', async () => {
  const { engine, knex } = services;
  // Pruning between the reservation and its undo: the payment is declined behind it.
  await knex.raw(
    `create function forget() returns trigger language plpgsql as $$
       begin
         delete from inventory_saga.saga_fence;
         return new;
       end $$`,
  );
  await knex.raw(
    'create trigger forget after insert on payment_saga.saga_fence for each row execute function forget()',
  );
  const handle = await engine.start(placeOrder, { input: { orderId: 'o1', qty: 3, amount: 5_000 } });
  await expect(handle.result({ timeout: '20s' })).rejects.toMatchObject({ code: 'SAGA_COMPENSATED' });
  expect(await knex('stock').first('available')).toEqual({ available: 10 });
  expect(await knex('reservations')).toEqual([]);
  expect(await knex.withSchema('inventory_saga').from('saga_fence').pluck('status')).toEqual(['undone']);
});
