// #region saga
import { saga } from '@backstitch/saga-core/knex';
import { z } from 'zod';
import { inventory, payments } from './contracts.js';

const order = z.object({ orderId: z.string(), sku: z.string(), quantity: z.number().int(), totalMinor: z.number() });

export const giveOrSell = saga('give-or-sell', { version: 1, input: order })
  .invoke('authorizePayment', payments.authorize, {
    when: ({ input }) => input.totalMinor > 0,
    with: ({ input }) => ({ orderId: input.orderId, amountMinor: input.totalMinor }),
    compensate: { command: payments.void, with: ({ sent }) => ({ orderId: sent.orderId }) },
  })
  .pivot('reserveInventory', inventory.reserve, {
    with: ({ input: { orderId, sku, quantity } }) => ({ orderId, sku, quantity }),
  })
  .output(({ steps }) => ({ paymentId: steps.authorizePayment?.paymentId ?? 'a gift' }));
// #endregion saga

// #region test
import { declined, testSaga } from '@backstitch/saga-core/testing';
import { expect, test } from 'vitest';

const gift = testSaga(giveOrSell)
  .given({ orderId: 'o1', sku: 'tea', quantity: 1, totalMinor: 0 })
  .when(inventory.reserve, { reply: { reservationId: 'r1' } });

test('a gift is not paid for', async () => {
  const run = await gift.run();
  expect(run.trace).toEqual(['~authorizePayment:when', '+reserveInventory']);
  expect(run.output).toEqual({ paymentId: 'a gift' });
});

test('what was skipped is not undone', async () => {
  const run = await gift.when(inventory.reserve, declined(inventory.reserve, 'OUT_OF_STOCK', { sku: 'tea' })).run();
  expect(run).toMatchObject({ status: 'compensated', undone: [] });
});
// #endregion test
