import { contract } from '@backstitch/messaging';
import { z } from 'zod';

export const inventory = contract('inventory', {
  reserve: {
    request: z.object({ orderId: z.string(), sku: z.string() }),
    reply: z.object({ reservationId: z.string() }),
    errors: { OUT_OF_STOCK: z.object({ sku: z.string() }) },
  },
  release: { request: z.object({ orderId: z.string() }) },
});

export const payments = contract('payments', {
  charge: {
    request: z.object({ orderId: z.string(), amountMinor: z.number().int() }),
    reply: z.object({ paymentId: z.string() }),
    errors: { REFUSED: z.object({ reason: z.string() }) },
  },
});
