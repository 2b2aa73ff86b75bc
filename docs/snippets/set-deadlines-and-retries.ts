// #region saga
import { saga } from '@backstitch/saga-core/knex';
import { z } from 'zod';
import { inventory, payments } from './contracts.js';

const order = z.object({ orderId: z.string(), sku: z.string(), quantity: z.number().int(), totalMinor: z.number() });

export const impatient = saga('impatient', { version: 1, input: order, timeout: '5m' })
  .invoke('reserveInventory', inventory.reserve, {
    with: ({ input: { orderId, sku, quantity } }) => ({ orderId, sku, quantity }),
    compensate: { command: inventory.release, with: ({ sent }) => ({ orderId: sent.orderId }) },
    timeout: '10s', // one attempt
    retry: { attempts: 4, backoff: '500ms', factor: 2, maxBackoff: '30s' },
    undoRetry: { attempts: 100, maxBackoff: '10m' }, // then it is parked, or: onCompensationFailed: 'continue'
  })
  .pivot('authorizePayment', payments.authorize, {
    with: ({ input }) => ({ orderId: input.orderId, amountMinor: input.totalMinor }),
    timeout: '15s',
    retry: { nonRetryable: ['CURRENCY_UNKNOWN'] }, // a person, at once
  })
  .build();
// #endregion saga

// #region test
import { explain } from '@backstitch/saga-core';
import { testSaga } from '@backstitch/saga-core/testing';
import { expect, test } from 'vitest';

const tea = testSaga(impatient).given({ orderId: 'o1', sku: 'tea', quantity: 1, totalMinor: 450 });

test('a silent inventory is asked four times, then the order is turned back', async () => {
  const run = await tea.when(inventory.reserve, { drop: true }).run();
  expect(run.sent.filter(({ command }) => command === 'inventory.reserve')).toHaveLength(4);
  expect(run.failure?.code).toBe('STEP_TIMED_OUT');
});

test('that takes less than a minute', () => {
  const { prompt } = explain(impatient, { fail: { reserveInventory: 'timeout' } });
  expect(prompt.end).toBe('compensated');
  expect(prompt.ms).toBeLessThan(60_000);
});

test('the time of the whole saga does not take back a payment that may have been made', async () => {
  const answered = tea.when(inventory.reserve, { reply: { reservationId: 'r1' } });
  const late = answered.when(payments.authorize, (_payload, attempt) =>
    attempt < 30 ? { drop: true } : { reply: { paymentId: 'p1' } },
  );
  expect(await late.run()).toMatchObject({ status: 'completed', undone: [] });
});
// #endregion test
