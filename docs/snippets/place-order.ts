// #region saga
import { saga } from '@backstitch/saga-core/knex';
import { z } from 'zod';
import { inventory, payments } from './contracts.js';

const order = z.object({ orderId: z.string(), sku: z.string(), quantity: z.number().int(), totalMinor: z.number() });

export const placeOrder = saga('place-order', { version: 1, input: order, timeout: '10m' })
  .local('createOrder', async ({ trx, input }) => void (await trx('orders').insert({ id: input.orderId })), {
    compensate: async ({ trx, input }) => void (await trx('orders').where({ id: input.orderId }).delete()),
  })
  .invoke('reserveInventory', inventory.reserve, {
    with: ({ input: { orderId, sku, quantity } }) => ({ orderId, sku, quantity }),
    compensate: { command: inventory.release, with: ({ sent }) => ({ orderId: sent.orderId }) },
  })
  .invoke('authorizePayment', payments.authorize, {
    with: ({ input }) => ({ orderId: input.orderId, amountMinor: input.totalMinor }),
    compensate: { command: payments.void, with: ({ sent }) => ({ orderId: sent.orderId }) },
    timeout: '15s',
  })
  .pivot('confirmOrder', async ({ trx, input }) => {
    await trx('orders').where({ id: input.orderId }).update({ status: 'CONFIRMED' });
  })
  .output(({ steps }) => ({ paymentId: steps.authorizePayment.paymentId }));
// #endregion saga
