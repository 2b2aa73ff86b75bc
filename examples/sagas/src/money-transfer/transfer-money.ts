import { StepDeclined } from '@backstitch/saga-core';
import { saga } from '@backstitch/saga-core/knex';
import { z } from 'zod';
import { payeeBank, payerBank } from './contracts.js';

const transfer = z.object({
  transferId: z.string(),
  from: z.string(),
  to: z.string(),
  amountMinor: z.number().int().positive(),
});
const decision = z.object({ approved: z.boolean(), by: z.string() });

/** A transfer of more than this needs a person's word. */
export const approvalLimitMinor = 1_000_000;

/** The money is held first, so that it is still there when somebody has decided. A deposit cannot be taken back: it is the pivot. */
export const transferMoney = saga('transfer-money', { version: 1, input: transfer })
  .invoke('withdraw', payerBank.withdraw, {
    with: ({ input }) => ({ transferId: input.transferId, account: input.from, amountMinor: input.amountMinor }),
    compensate: { command: payerBank.putBack, with: ({ sent }) => ({ transferId: sent.transferId }) },
  })
  .waitFor('approval', decision, {
    when: ({ input }) => input.amountMinor > approvalLimitMinor,
    timeout: '2d', // then the money goes back
  })
  .local(
    'checkApproval',
    ({ steps }) => {
      if (steps.approval?.approved === false) throw new StepDeclined('NOT_APPROVED', { by: steps.approval.by });
    },
    { compensate: 'nothing to undo' },
  )
  .pivot('deposit', payeeBank.deposit, {
    with: ({ input }) => ({ transferId: input.transferId, account: input.to, amountMinor: input.amountMinor }),
  })
  .output(({ steps }) => ({ approvedBy: steps.approval?.by ?? null }));
