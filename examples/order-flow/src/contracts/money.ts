import { z } from 'zod';

/** An amount in whole minor units (cents): floating point has no place in money. */
export const money = z.object({
  amountMinor: z.int().nonnegative(),
  currency: z.string().regex(/^[A-Z]{3}$/),
});
export type Money = z.infer<typeof money>;
