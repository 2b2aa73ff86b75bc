// #region saga
import { StepDeclined } from '@backstitch/saga-core';
import { saga } from '@backstitch/saga-core/knex';
import { z } from 'zod';

const labels = 'https://parcels.example/labels';
const parcel = z.object({ orderId: z.string(), address: z.string() });

export const shipOrder = saga('ship-order', { version: 1, input: parcel })
  .call(
    'printLabel',
    async ({ input, idempotencyKey, signal }) => {
      const response = await fetch(labels, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
        body: JSON.stringify({ reference: input.orderId, address: input.address }),
        signal,
      });
      if (response.status === 422) throw new StepDeclined('ADDRESS_UNKNOWN', { address: input.address });
      if (!response.ok) throw new Error(`labels answered ${response.status}`);
      return z.object({ labelId: z.string() }).parse(await response.json());
    },
    {
      compensate: async ({ input, idempotencyKey, signal }) => {
        const label = `${labels}/${encodeURIComponent(input.orderId)}`; // by a name that was known before it answered
        const response = await fetch(label, {
          method: 'DELETE',
          headers: { 'idempotency-key': idempotencyKey },
          signal,
        });
        if (!response.ok && response.status !== 404) throw new Error(`labels answered ${response.status}`);
      },
      timeout: '10s',
      retry: { attempts: 5 },
    },
  )
  .pivot('handOver', async ({ trx, input, steps }) => {
    await trx('parcels').insert({ order_id: input.orderId, label: steps.printLabel.labelId });
  })
  .build();
// #endregion saga

// #region test
import { testSaga } from '@backstitch/saga-core/testing';
import { expect, test } from 'vitest';

const order = testSaga(shipOrder).given({ orderId: 'o1', address: 'Main St 1' }).local('handOver', undefined);

test('a parcel to nowhere is refused, and there is no label to void', async () => {
  const nowhere = order.local('printLabel', () => {
    throw new StepDeclined('ADDRESS_UNKNOWN');
  });
  expect((await nowhere.run()).trace).toEqual(['!printLabel:ADDRESS_UNKNOWN']);
});

test('a label that five attempts could not print is voided: one of them may have printed it', async () => {
  const broken = order.local('printLabel', () => {
    throw new Error('502');
  });
  expect((await broken.run()).trace).toEqual(['!printLabel:STEP_FAILED', '-printLabel']);
});
// #endregion test
