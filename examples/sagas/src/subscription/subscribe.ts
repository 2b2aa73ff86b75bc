import { saga } from '@backstitch/saga-core/knex';
import { z } from 'zod';
import { chargePeriod } from './charge-period.js';
import { access } from './contracts.js';
import { activate, close, openTrial } from './subscriptions.js';

const wish = z.object({
  subscriptionId: z.string(),
  customer: z.string(),
  amountMinor: z.number().int().positive(),
});

/** Thirty days for nothing, then the first month is charged. Whoever cancels before, or cannot pay, loses access and owes nothing. */
export const subscribe = saga('subscribe', { version: 1, input: wish })
  .local('openTrial', ({ trx, input }) => openTrial(trx, input), {
    compensate: ({ trx, input, failure }) => close(trx, input.subscriptionId, failure.code),
  })
  .invoke('grantAccess', access.grant, {
    with: ({ input: { subscriptionId, customer } }) => ({ subscriptionId, customer }),
    compensate: { command: access.revoke, with: ({ sent }) => ({ subscriptionId: sent.subscriptionId }) },
  })
  .sleep('trial', '30d')
  .child('firstPeriod', chargePeriod, { with: ({ input }) => ({ ...input, period: 1 }) })
  .pivot('activate', ({ trx, input, steps }) => activate(trx, input.subscriptionId, steps.firstPeriod.chargeId))
  .output(({ steps }) => ({ invoiceId: steps.firstPeriod.invoiceId }));
