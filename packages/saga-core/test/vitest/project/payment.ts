import { contract } from '@backstitch/messaging';
import { sagaOn } from '@backstitch/saga-core';
import { participantOn } from '@backstitch/saga-core/participant';
import { z } from 'zod';

export const bank = contract('bank', {
  charge: {
    request: z.object({ amount: z.number() }),
    reply: z.object({ receipt: z.string() }),
    errors: { REFUSED: z.object({}) },
  },
  refund: { request: z.object({ amount: z.number() }) },
});

export const payment = sagaOn<unknown>()('payment', { version: 1, input: z.object({ amount: z.number() }) })
  .invoke('charge', bank.charge, {
    with: ({ input }) => input,
    compensate: { command: bank.refund, with: ({ sent }) => sent },
  })
  .local('book', () => undefined, { compensate: 'nothing to undo' })
  .build();

export const bankParticipant = participantOn<unknown>()(bank, {
  charge: ({ command, decline }) => (command.payload.amount > 100 ? decline('REFUSED', {}) : { receipt: 'r' }),
  refund: () => undefined,
});
