// #region explore
import { explore } from '@backstitch/saga-core/testing';
import { expect, test } from 'vitest';
import { placeOrder } from './place-order.js';

test('whatever happens to an order, no money is held for stock that is not', () => {
  const { violations } = explore(placeOrder, {
    input: { orderId: 'o1', sku: 'tea', quantity: 1, totalMinor: 450 },
    outputs: { reserveInventory: { reservationId: 'r1' }, authorizePayment: { paymentId: 'p1' } },
    invariants: [
      {
        name: 'a rejected order holds no money',
        check: ({ status, effects }) =>
          status !== 'compensated' || effects('authorizePayment').done === effects('authorizePayment').undone,
      },
    ],
  });
  expect(violations).toEqual([]);
});
// #endregion explore
