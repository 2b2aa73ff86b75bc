import { saga } from '@backstitch/saga-core/knex';
import { z } from 'zod';
import { customers } from './contracts.js';
import { approveOrder, insertPendingOrder, rejectOrder } from './orders.js';

const order = z.object({ orderId: z.string(), customerId: z.string(), totalMinor: z.number().int().positive() });

/** The order is PENDING until its customer's credit is reserved: that is its semantic lock. */
export const createOrder = saga('create-order', { version: 1, input: order })
  .local('createOrder', ({ trx, input }) => insertPendingOrder(trx, input), {
    compensate: ({ trx, input, failure }) => rejectOrder(trx, input.orderId, failure.code),
  })
  .invoke('reserveCredit', customers.reserveCredit, {
    with: ({ input }) => ({ orderId: input.orderId, customerId: input.customerId, amountMinor: input.totalMinor }),
    compensate: { command: customers.releaseCredit, with: ({ sent }) => ({ orderId: sent.orderId }) },
  })
  .pivot('approveOrder', ({ trx, input }) => approveOrder(trx, input.orderId))
  .build();
