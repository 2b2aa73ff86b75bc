import { saga } from '@backstitch/saga-core/knex';
import { z } from 'zod';
import { inventory, payments } from './contracts.js';

const order = z.object({ orderId: z.string(), sku: z.string(), amountMinor: z.number().int() });

export const placeOrder = saga('place-order', { version: 1, input: order })
  .local(
    'createOrder',
    async ({ trx, input }) => {
      await trx('orders').insert({ id: input.orderId, status: 'PENDING' });
    },
    {
      compensate: async ({ trx, input }) => {
        await trx('orders').where({ id: input.orderId }).update({ status: 'CANCELLED' });
      },
    },
  )
  .invoke('reserveStock', inventory.reserve, {
    with: ({ input }) => ({ orderId: input.orderId, sku: input.sku }),
    compensate: { command: inventory.release, with: ({ sent }) => ({ orderId: sent.orderId }) },
  })
  .pivot('charge', payments.charge, {
    with: ({ input }) => ({ orderId: input.orderId, amountMinor: input.amountMinor }),
  })
  .local('confirmOrder', async ({ trx, input }) => {
    await trx('orders').where({ id: input.orderId }).update({ status: 'CONFIRMED' });
  })
  .output(({ steps }) => ({ paymentId: steps.charge.paymentId }));
