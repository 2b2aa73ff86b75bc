// #region saga
import { saga } from '@backstitch/saga-core/knex';
import { z } from 'zod';
import { inventory, payments } from './contracts.js';

const parcel = z.object({ orderId: z.string(), sku: z.string() });

export const packParcel = saga('pack-parcel', { version: 1, input: parcel })
  .invoke('reserve', inventory.reserve, {
    with: ({ input }) => ({ ...input, quantity: 1 }),
    compensate: { command: inventory.release, with: ({ sent }) => ({ orderId: sent.orderId }) },
  })
  .output(({ steps }) => ({ label: `parcel ${steps.reserve.reservationId}` }));

export const sendGift = saga('send-gift', { version: 1, input: parcel.extend({ totalMinor: z.number().int() }) })
  .child('pack', packParcel, { with: ({ input }) => ({ orderId: input.orderId, sku: input.sku }) })
  .invoke('pay', payments.authorize, {
    with: ({ input }) => ({ orderId: input.orderId, amountMinor: input.totalMinor }),
    compensate: { command: payments.void, with: ({ sent }) => ({ orderId: sent.orderId }) },
  })
  .output(({ steps }) => ({ label: steps.pack.label, paymentId: steps.pay.paymentId }));
// #endregion saga

// #region test
import { declined, testSaga } from '@backstitch/saga-core/testing';
import { expect, test } from 'vitest';

const gift = testSaga(sendGift)
  .given({ orderId: 'o1', sku: 'tea', totalMinor: 450 })
  .child('pack', { output: { label: 'parcel r1' } })
  .when(payments.authorize, { reply: { paymentId: 'p1' } });

test('the parcel is packed, then paid', async () => {
  expect((await gift.run()).output).toEqual({ label: 'parcel r1', paymentId: 'p1' });
});

test('a refused payment unpacks the parcel, although it was finished', async () => {
  const run = await gift.when(payments.authorize, declined(payments.authorize, 'REFUSED', { reason: 'no' })).run();
  expect(run.undone).toEqual(['pack']);
});

test('a parcel that cannot be packed is no gift', async () => {
  const run = await gift.child('pack', { compensated: { code: 'OUT_OF_STOCK' } }).run();
  expect(run.failure).toMatchObject({ step: 'pack', code: 'OUT_OF_STOCK' });
});
// #endregion test
