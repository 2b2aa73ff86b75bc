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
  const { status, output } = await order.run();
  expect({ status, output }).toEqual({ status: 'completed', output: { orderId: 'o1', receipt: 'R' } });
});

test('a declined payment gives the stock back and rejects the order', async () => {
  const run = await order.when(payment.authorize, declined(payment.authorize, 'DECLINED', { reason: 'no funds' })).run();
  expect(run.trace).toEqual(['+createOrder', '+reserveStock', '!authorizePayment:DECLINED', '-reserveStock', '-createOrder']);
});

test('a capture whose answer is lost is asked again, never undone', async () => {
  const run = await order.when(payment.capture, (_, attempt) => ({ reply: { receipt: 'R' }, ...(attempt < 4 ? { replyLost: true } : {}) })).run();
  expect(run).toMatchObject({ status: 'completed', undone: [] });
  expect(run.sent.filter(({ command }) => command === 'payment.capture')).toHaveLength(4);
});
