import { declined, explore, testSaga } from '@backstitch/saga-core/testing';
import { expect, test } from 'vitest';
import { inventory, payments } from '../src/contracts.js';
import { placeOrder } from '../src/place-order.js';

const input = { orderId: 'o1', sku: 'tea', amountMinor: 450 };
const order = testSaga(placeOrder)
  .given(input)
  .local('createOrder', undefined)
  .local('confirmOrder', undefined)
  .when(inventory.reserve, { reply: { reservationId: 'r1' } })
  .when(payments.charge, { reply: { paymentId: 'p1' } });

test('an order is placed', async () => {
  const run = await order.run();
  expect(run.trace).toEqual(['+createOrder', '+reserveStock', '+charge', '+confirmOrder']);
});

test('an order whose payment is refused gives its stock back', async () => {
  const run = await order.when(payments.charge, declined(payments.charge, 'REFUSED', { reason: 'no funds' })).run();
  expect(run.trace).toEqual(['+createOrder', '+reserveStock', '!charge:REFUSED', '-reserveStock', '-createOrder']);
});

test('whatever is lost, late or repeated, a cancelled order holds no stock', () => {
  const { violations } = explore(placeOrder, {
    input,
    outputs: { reserveStock: { reservationId: 'r1' }, charge: { paymentId: 'p1' } },
    invariants: [
      {
        name: 'a cancelled order holds no stock',
        check: ({ status, effects }) =>
          status !== 'compensated' || effects('reserveStock').done === effects('reserveStock').undone,
      },
    ],
  });
  expect(violations).toEqual([]);
});
