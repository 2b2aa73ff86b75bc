import { contract } from '@backstitch/messaging';
import { z } from 'zod';
import { money } from './money.js';

const orderId = z.uuid();

/** What the payments service can be asked for. An authorisation holds the money; `void` gives the hold back. */
export const payments = contract('payments', {
  authorize: {
    request: z.object({ orderId, customerId: z.string().min(1), amount: money }),
    reply: z.object({ paymentId: z.uuid() }),
    errors: {
      PAYMENT_DECLINED: z.object({ reason: z.enum(['INSUFFICIENT_FUNDS', 'UNKNOWN_ACCOUNT', 'OTHER_CURRENCY']) }),
    },
  },
  void: { request: z.object({ orderId }) },
});
