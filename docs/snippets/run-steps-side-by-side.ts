// #region saga
import { saga } from '@backstitch/saga-core/knex';
import { z } from 'zod';
import { inventory, payments } from './contracts.js';

const order = z.object({ orderId: z.string(), sku: z.string(), quantity: z.number().int(), totalMinor: z.number() });

export const placeOrderFast = saga('place-order-fast', { version: 1, input: order })
  .parallel((side) =>
    side
      .invoke('reserveInventory', inventory.reserve, {
        with: ({ input: { orderId, sku, quantity } }) => ({ orderId, sku, quantity }),
        compensate: { command: inventory.release, with: ({ sent }) => ({ orderId: sent.orderId }) },
      })
      .invoke('authorizePayment', payments.authorize, {
        with: ({ input }) => ({ orderId: input.orderId, amountMinor: input.totalMinor }),
        compensate: { command: payments.void, with: ({ sent }) => ({ orderId: sent.orderId }) },
      }),
  )
  .pivot('confirmOrder', async ({ trx, input, steps }) => {
    const { paymentId } = steps.authorizePayment; // behind the group all of its outputs are there
    await trx('orders').insert({ id: input.orderId, payment: paymentId, status: 'CONFIRMED' });
  })
  .build();
// #endregion saga

// #region test
import { declined, testSaga } from '@backstitch/saga-core/testing';
import { expect, test } from 'vitest';

const fast = testSaga(placeOrderFast)
  .given({ orderId: 'o1', sku: 'tea', quantity: 1, totalMinor: 450 })
  .local('confirmOrder', undefined)
  .when(inventory.reserve, { reply: { reservationId: 'r1' }, replyDelay: '2s' })
  .when(payments.authorize, { reply: { paymentId: 'p1' }, replyDelay: '3s' });

test('an order takes as long as its slowest branch', async () => {
  expect(await fast.run()).toMatchObject({ status: 'completed', clockMs: 3_000 });
});

test('a refused payment does not wait for the stock: whatever became of that is undone', async () => {
  const run = await fast.when(payments.authorize, declined(payments.authorize, 'REFUSED', { reason: 'no' })).run();
  expect(run.trace).toEqual(['!authorizePayment:REFUSED', '?reserveInventory', '-reserveInventory']);
});
// #endregion test
