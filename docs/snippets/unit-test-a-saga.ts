// #region base
import { declined, testSaga } from '@backstitch/saga-core/testing';
import { expect, test } from 'vitest';
import { inventory, payments } from './contracts.js';
import { placeOrder } from './place-order.js';

const order = testSaga(placeOrder)
  .given({ orderId: 'o1', sku: 'tea', quantity: 1, totalMinor: 450 })
  .local('createOrder', undefined)
  .local('confirmOrder', undefined)
  .when(inventory.reserve, { reply: { reservationId: 'r1' } })
  .when(payments.authorize, { reply: { paymentId: 'p1' } });

test('an order is placed', async () => {
  expect(await order.run()).toMatchObject({ status: 'completed', output: { paymentId: 'p1' } });
});
// #endregion base

// #region declined
test('a refused payment releases the stock and deletes the order', async () => {
  const refusal = declined(payments.authorize, 'REFUSED', { reason: 'no funds' });
  const { trace } = await order.when(payments.authorize, refusal).run();
  expect(trace).toEqual([
    '+createOrder',
    '+reserveInventory',
    '!authorizePayment:REFUSED',
    '-reserveInventory',
    '-createOrder',
  ]);
});
// #endregion declined

// #region silent
test('a payment that nobody answers is undone too, and its late copy is refused', async () => {
  const run = await order.when(payments.authorize, { reply: { paymentId: 'p1' }, delay: '1h' }).run();
  expect(run.failure?.code).toBe('STEP_TIMED_OUT');
  expect(run.undone).toEqual(['authorizePayment', 'reserveInventory', 'createOrder']);
  expect(run.fences).toMatchObject({ authorizePayment: 'tombstone' });
});
// #endregion silent

// #region verb
test('an operator may cancel while the payment is awaited', async () => {
  const slow = order.when(payments.authorize, { reply: { paymentId: 'p1' }, replyDelay: '10s' });
  const run = await slow.at('1s', { kind: 'cancel', actor: 'ada', reason: 'the customer rang' }).run();
  expect(run).toMatchObject({ status: 'compensated', failure: { code: 'SAGA_CANCELLED' } });
});
// #endregion verb
