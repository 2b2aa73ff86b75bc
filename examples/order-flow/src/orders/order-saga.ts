import type { Duration } from '@backstitch/saga-core';
import { saga } from '@backstitch/saga-core/knex';
import { inventory } from '../contracts/inventory.js';
import { order } from '../contracts/order.js';
import { payments } from '../contracts/payments.js';
import type { OrderBook } from './order-book.js';

export interface OrderSagaOptions {
  /** How long one attempt of a participant may take. */
  readonly answerWithin: Duration;
}

/**
 * To place an order: write it down as PENDING, reserve what was ordered, authorise the payment, confirm. Where a participant says no, or
 * says nothing for too long, everything before is undone and the order is CANCELLED.
 *
 * Confirming is the pivot. An authorisation can still be voided, and has to be where its answer never came; a confirmed order is final.
 */
export function placeOrderSaga(orders: OrderBook, { answerWithin }: OrderSagaOptions) {
  const patience = {
    timeout: answerWithin,
    retry: { attempts: 3, backoff: '500ms', maxBackoff: '2s' },
    undoRetry: { attempts: 'forever', backoff: '500ms', maxBackoff: '30s' },
  } as const;

  return saga('place-order', { version: 1, input: order })
    .local('createOrder', ({ trx, input }) => orders.create(trx, input), {
      compensate: ({ trx, input, failure }) => orders.cancel(trx, input.orderId, failure.code),
    })
    .invoke('reserveInventory', inventory.reserve, {
      with: ({ input }) => ({
        orderId: input.orderId,
        items: input.items.map(({ sku, quantity }) => ({ sku, quantity })),
      }),
      compensate: { command: inventory.release, with: ({ input }) => ({ orderId: input.orderId }) },
      ...patience,
    })
    .invoke('authorizePayment', payments.authorize, {
      with: ({ input }) => ({ orderId: input.orderId, customerId: input.customerId, amount: input.total }),
      compensate: { command: payments.void, with: ({ input }) => ({ orderId: input.orderId }) },
      ...patience,
    })
    .pivot('confirmOrder', ({ trx, input }) => orders.confirm(trx, input.orderId))
    .output(({ input, steps }) => ({
      orderId: input.orderId,
      reservationId: steps.reserveInventory.reservationId,
      paymentId: steps.authorizePayment.paymentId,
    }));
}
export type PlaceOrder = ReturnType<typeof placeOrderSaga>;
