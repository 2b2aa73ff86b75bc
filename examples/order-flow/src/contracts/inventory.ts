import { contract } from '@backstitch/messaging';
import { z } from 'zod';
import { orderLine, sku } from './order.js';

const orderId = z.uuid();

/** What the inventory can be asked for. Shared between it and the orchestrators that command it. */
export const inventory = contract('inventory', {
  reserve: {
    request: z.object({ orderId, items: z.array(orderLine).min(1).max(100) }),
    reply: z.object({ reservationId: z.uuid() }),
    errors: { OUT_OF_STOCK: z.object({ sku, requested: z.int(), available: z.int() }) },
  },
  release: { request: z.object({ orderId }) },
});
