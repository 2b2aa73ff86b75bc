import { contract } from '@backstitch/messaging';
import { z } from 'zod';

const entry = z.object({ transferId: z.string(), account: z.string(), amountMinor: z.number().int().positive() });

/** The bank of the one who pays. */
export const payerBank = contract('payer-bank', {
  withdraw: {
    request: entry,
    errors: {
      ACCOUNT_UNKNOWN: z.object({ account: z.string() }),
      NOT_ENOUGH_MONEY: z.object({ missingMinor: z.number().int() }),
    },
  },
  putBack: { request: z.object({ transferId: z.string() }) },
});

/** The bank of the one who is paid. */
export const payeeBank = contract('payee-bank', {
  deposit: { request: entry, errors: { ACCOUNT_CLOSED: z.object({ account: z.string() }) } },
});
