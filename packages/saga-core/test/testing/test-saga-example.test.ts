import { expect, test } from 'vitest';
import { declined, testSaga } from '../../src/testing/index.js';
import { inventory, payment, placeOrder } from './place-order.js';

// A user's unit test of an order saga, whole; test-saga.test.ts holds it below 30 lines.
const order = testSaga(placeOrder)
  .given({ total: 12, skus: ['a'] })
  .local('createOrder', { orderId: 'o1' })
  .local('confirmOrder', undefined)
  .when(inventory.reserve, { reply: { reservationId: 'r1' } })
  .when(payment.authorize, { reply: { authId: 'au1' } })
  .when(payment.capture, { reply: { receipt: 'R' } });

test('an order is placed', async () => {
  expect(await order.run()).toMatchObject({ status: 'completed', output: { orderId: 'o1', receipt: 'R' } });
});

test('a declined payment gives the stock back and rejects the order', async () => {
  const refusal = declined(payment.authorize, 'DECLINED', { reason: 'no funds' });
  const { trace } = await order.when(payment.authorize, refusal).run();
  expect(trace.slice(2)).toEqual(['!authorizePayment:DECLINED', '-reserveStock', '-createOrder']);
});

test('a capture that nobody answers is asked again, never undone', async () => {
  const silentAtFirst = order.when(payment.capture, (_, n) => (n < 4 ? { drop: true } : { reply: { receipt: 'R' } }));
  expect(await silentAtFirst.run()).toMatchObject({ status: 'completed', undone: [], sent: { length: 5 + 1 } });
});
