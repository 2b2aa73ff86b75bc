import { z } from 'zod';
import { money } from './money.js';

export const sku = z.string().regex(/^[a-z0-9-]{1,64}$/);

/** How many of what. */
export const orderLine = z.object({ sku, quantity: z.int().min(1).max(1_000) });
export type OrderLine = z.infer<typeof orderLine>;

/** A line whose price was fixed when the order was placed. */
export const pricedLine = z.object({ sku, quantity: z.int().min(1).max(1_000), unitPriceMinor: z.int().nonnegative() });

/** What the saga is started with: everything that was decided before, so that nothing has to be asked again. */
export const order = z.object({
  orderId: z.uuid(),
  customerId: z.string().min(1).max(64),
  items: z.array(pricedLine).min(1).max(100),
  total: money,
});
export type Order = z.infer<typeof order>;
