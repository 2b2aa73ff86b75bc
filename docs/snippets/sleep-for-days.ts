// #region saga
import { saga } from '@backstitch/saga-core/knex';
import { z } from 'zod';
import { payments } from './contracts.js';

const trial = z.object({ accountId: z.string(), amountMinor: z.number().int() });

export const startTrial = saga('start-trial', { version: 1, input: trial })
  .local(
    'openAccount',
    async ({ trx, input }) => void (await trx('accounts').insert({ id: input.accountId, status: 'TRIAL' })),
    {
      compensate: async ({ trx, input }) =>
        void (await trx('accounts').where({ id: input.accountId }).update({ status: 'CLOSED' })),
    },
  )
  .sleep('trial', '30d')
  .pivot('charge', payments.authorize, {
    with: ({ input }) => ({ orderId: input.accountId, amountMinor: input.amountMinor }),
  })
  .local('activate', async ({ trx, input }) => {
    await trx('accounts').where({ id: input.accountId }).update({ status: 'ACTIVE' });
  })
  .build();
// #endregion saga

// #region test
import { testSaga } from '@backstitch/saga-core/testing';
import { expect, test } from 'vitest';

const account = testSaga(startTrial)
  .given({ accountId: 'a1', amountMinor: 900 })
  .local('openAccount', undefined)
  .local('activate', undefined)
  .when(payments.authorize, { reply: { paymentId: 'p1' } });
const days = 24 * 60 * 60 * 1_000;

test('a trial is charged after thirty days', async () => {
  const run = await account.run();
  expect(run.sent).toMatchObject([{ command: 'payments.authorize', at: 30 * days }]);
  expect(run.trace).toEqual(['+openAccount', '+trial', '+charge', '+activate']);
});

test('a trial that is cancelled before is never charged', async () => {
  const run = await account.at('29d', { kind: 'cancel', actor: 'ada', reason: 'not for me' }).run();
  expect(run.trace).toEqual(['+openAccount', 'cancel:SAGA_CANCELLED', '~trial:notRun', '-openAccount']);
});
// #endregion test
