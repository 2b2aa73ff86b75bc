import { saga } from '@backstitch/saga-core/knex';
import { z } from 'zod';
import { billing } from './contracts.js';

const period = z.object({
  subscriptionId: z.string(),
  customer: z.string(),
  period: z.number().int().positive(),
  amountMinor: z.number().int().positive(),
});

/** An invoice and its payment, or neither. It has no pivot of its own, so that it can be undone with whatever it is a part of. */
export const chargePeriod = saga('charge-period', { version: 1, input: period })
  .invoke('issueInvoice', billing.issueInvoice, {
    with: ({ input: { subscriptionId, period, amountMinor } }) => ({ subscriptionId, period, amountMinor }),
    compensate: {
      command: billing.voidInvoice,
      with: ({ sent: { subscriptionId, period } }) => ({ subscriptionId, period }),
    },
  })
  .invoke('charge', billing.charge, {
    with: ({ input }) => input,
    compensate: {
      command: billing.refund,
      with: ({ sent: { subscriptionId, period } }) => ({ subscriptionId, period }),
    },
  })
  .output(({ steps }) => ({ invoiceId: steps.issueInvoice.invoiceId, chargeId: steps.charge.chargeId }));
