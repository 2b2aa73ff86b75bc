import { contract } from '@backstitch/messaging';
import { z } from 'zod';

export const customers = contract('customers', {
  reserveCredit: {
    request: z.object({ orderId: z.string(), customerId: z.string(), amountMinor: z.number().int().positive() }),
    errors: {
      CUSTOMER_UNKNOWN: z.object({ customerId: z.string() }),
      CREDIT_LIMIT_EXCEEDED: z.object({ availableMinor: z.number().int() }),
    },
  },
  releaseCredit: { request: z.object({ orderId: z.string() }) },
});
