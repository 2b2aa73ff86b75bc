import { testDatabase } from '@backstitch/devkit/testing';
import { systemClock } from '@backstitch/messaging';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { type OrderServices, openOrderServices, placeOrder } from './order-fixture.js';

let services: OrderServices;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  // The broker is another machine, and its clock is right.
  services = await openOrderServices(database.url, { clock: { ...systemClock, now: () => performance.now() } });
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await services.close();
  await drop();
});

it.each([
  ['five hours fast', 5 * 3_600_000],
  ['five hours slow', -5 * 3_600_000],
  ['a century fast', 36_525 * 86_400_000],
])('a process whose clock is %s times nothing out and stores the database’s times', async (name, shiftMs) => {
  const realNow = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + shiftMs);
  const { engine, knex } = services;
  const paid = await engine.start(placeOrder, { input: { orderId: `${name} 1`, qty: 1, amount: 10 } });
  await paid.result({ timeout: '20s' });
  const undone = await engine.start(placeOrder, { input: { orderId: `${name} 2`, qty: 1, amount: 666 } });
  await expect(undone.result({ timeout: '20s' })).rejects.toMatchObject({ code: 'SAGA_COMPENSATED' });
  const rows = await knex
    .withSchema('orders_saga')
    .from('saga_instances')
    .whereIn('id', [paid.id, undone.id])
    .andWhereRaw(
      `created_at between now() - interval '1 minute' and now() and finished_at between created_at and now()`,
    );
  expect(rows).toHaveLength(2);
  // The participant itself failed, both times: no deadline of an hour that never came has counted as an attempt.
  expect((await engine.find(undone.id))?.failure).toMatchObject({ code: 'STEP_FAILED' });
  expect((await engine.find(paid.id))?.steps.reserveStock?.status).toBe('succeeded');
});
