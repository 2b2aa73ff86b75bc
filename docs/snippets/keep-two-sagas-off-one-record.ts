// #region saga
import { saga } from '@backstitch/saga-core/knex';
import { z } from 'zod';
import { payments } from './contracts.js';

const change = z.object({ orderId: z.string(), customerId: z.string(), amountMinor: z.number().int() });

export const changeOrder = saga('change-order', {
  version: 1,
  input: change,
  locks: {
    keys: ({ input }) => [`order:${input.orderId}`, `customer:${input.customerId}`],
    whenHeld: 'wait', // or 'refuse': start throws LOCK_HELD
    timeout: '10m',
  },
})
  .invoke('authorizePayment', payments.authorize, {
    with: ({ input: { orderId, amountMinor } }) => ({ orderId, amountMinor }),
    compensate: { command: payments.void, with: ({ sent }) => ({ orderId: sent.orderId }) },
  })
  .pivot('changeOrder', async ({ trx, input }) => {
    await trx('orders').where({ id: input.orderId }).update({ amount_minor: input.amountMinor });
  })
  .build();
// #endregion saga

// #region look
import type { SagaEngine } from '@backstitch/saga-core';

export async function whoWaits(engine: Pick<SagaEngine<never>, 'find'>, id: string): Promise<string> {
  const { locks, status } = (await engine.find(id)) ?? {};
  if (locks?.status === 'waiting') {
    return locks.waitingFor.map(({ key, heldBy }) => `waits for ${key}, which ${heldBy} holds`).join('; ');
  }
  return `${status}, blocking ${locks?.blocking ?? 0}`;
}
// #endregion look

// #region test
import { testSaga } from '@backstitch/saga-core/testing';
import { expect, test } from 'vitest';

test('a change locks the order and its customer', async () => {
  const run = await testSaga(changeOrder)
    .given({ orderId: 'o1', customerId: 'c1', amountMinor: 450 })
    .when(payments.authorize, { reply: { paymentId: 'p1' } })
    .local('changeOrder', undefined)
    .run();
  expect(run.locks).toEqual(['customer:c1', 'order:o1']);
});
// #endregion test
