import { contract } from '@backstitch/messaging';
import { z } from 'zod';

const period = z.object({ subscriptionId: z.string(), period: z.number().int().positive() });
const amount = { amountMinor: z.number().int().positive() };

export const billing = contract('billing', {
  issueInvoice: { request: period.extend(amount), reply: z.object({ invoiceId: z.string() }) },
  voidInvoice: { request: period },
  charge: {
    request: period.extend({ ...amount, customer: z.string() }),
    reply: z.object({ chargeId: z.string() }),
    errors: { CARD_REFUSED: z.object({ reason: z.string() }) },
  },
  refund: { request: period },
});

export const access = contract('access', {
  grant: { request: z.object({ subscriptionId: z.string(), customer: z.string() }) },
  revoke: { request: z.object({ subscriptionId: z.string() }) },
});
