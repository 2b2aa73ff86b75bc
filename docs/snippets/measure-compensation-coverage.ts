// #region measure
import { createCoverage } from '@backstitch/saga-core';
import { declined, testSaga } from '@backstitch/saga-core/testing';
import { afterAll, expect, test } from 'vitest';
import { inventory, payments } from './contracts.js';
import { placeOrder } from './place-order.js';

const coverage = createCoverage([placeOrder]);
afterAll(() => coverage.require(0.7));

const order = testSaga(placeOrder)
  .given({ orderId: 'o1', sku: 'tea', quantity: 1, totalMinor: 450 })
  .local('createOrder', undefined)
  .local('confirmOrder', undefined)
  .when(inventory.reserve, { reply: { reservationId: 'r1' } })
  .when(payments.authorize, { reply: { paymentId: 'p1' } });

test.each([
  ['is placed', order, 'completed'],
  [
    'is refused without stock',
    order.when(inventory.reserve, declined(inventory.reserve, 'OUT_OF_STOCK', { sku: 'tea' })),
    'compensated',
  ],
  ['is undone when the stock is silent', order.when(inventory.reserve, { drop: true }), 'compensated'],
  [
    'is undone when the payment is refused',
    order.when(payments.authorize, declined(payments.authorize, 'REFUSED', { reason: 'no' })),
    'compensated',
  ],
  ['is undone when the payment is silent', order.when(payments.authorize, { drop: true }), 'compensated'],
] as const)('an order %s', async (_what, script, status) => {
  const run = await script.run();
  coverage.add(placeOrder, run);
  expect(run.status).toBe(status);
});
// #endregion measure
