// #region saga
import { StepDeclined } from '@backstitch/saga-core';
import { saga } from '@backstitch/saga-core/knex';
import { z } from 'zod';
import { payments } from './contracts.js';

const expense = z.object({ expenseId: z.string(), amountMinor: z.number().int() });
const decision = z.object({ approved: z.boolean(), by: z.string() });

export const payExpense = saga('pay-expense', { version: 1, input: expense })
  .waitFor('approval', decision, { timeout: '2d', when: ({ input }) => input.amountMinor > 10_000 })
  .local(
    'checkApproval',
    ({ steps }) => {
      if (steps.approval?.approved === false) throw new StepDeclined('NOT_APPROVED', { by: steps.approval.by });
    },
    { compensate: 'nothing to undo' },
  )
  .pivot('pay', payments.authorize, {
    with: ({ input }) => ({ orderId: input.expenseId, amountMinor: input.amountMinor }),
  })
  .build();
// #endregion saga

// #region signal
import type { SagaEngine } from '@backstitch/saga-core';

/** `decisionId` is the click's own: whoever clicks twice, or sends the request again, decides once. */
export async function decide<Trx>(engine: SagaEngine<Trx>, sagaId: string, decisionId: string): Promise<string> {
  const taken = await engine.signal(sagaId, {
    step: 'approval',
    id: decisionId,
    body: { approved: true, by: 'ada' },
  });
  return taken ? 'thank you' : 'it was decided already, or it is too late';
}
// #endregion signal

// #region test
import { testSaga } from '@backstitch/saga-core/testing';
import { expect, test } from 'vitest';

const large = testSaga(payExpense, { trx: null })
  .given({ expenseId: 'e1', amountMinor: 50_000 })
  .when(payments.authorize, { reply: { paymentId: 'p1' } });

test('an expense is paid when somebody approves it', async () => {
  const run = await large.signal('1d', 'approval', { approved: true, by: 'ada' }).run();
  expect(run.trace).toEqual(['+approval', '+checkApproval', '+pay']);
});

test('an expense is not paid when somebody refuses it, or nobody looks for two days', async () => {
  const refused = await large.signal('1d', 'approval', { approved: false, by: 'ada' }).run();
  expect(refused).toMatchObject({ status: 'compensated', failure: { code: 'NOT_APPROVED' } });
  const forgotten = await large.run();
  expect(forgotten).toMatchObject({ status: 'compensated', failure: { code: 'SIGNAL_TIMED_OUT' } });
});
// #endregion test
