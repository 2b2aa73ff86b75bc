import { contract } from '@backstitch/messaging';
import { z } from 'zod';

const trip = z.object({ tripId: z.string() });

export const flights = contract('flights', {
  reserve: {
    request: z.object({ tripId: z.string(), flight: z.string() }),
    reply: z.object({ seat: z.number().int() }),
    errors: { SOLD_OUT: z.object({ flight: z.string() }) },
  },
  cancel: { request: trip },
  confirm: { request: trip },
});

export const hotels = contract('hotels', {
  reserve: {
    request: z.object({ tripId: z.string(), hotel: z.string(), nights: z.number().int().min(1) }),
    reply: z.object({ room: z.number().int() }),
    errors: { FULLY_BOOKED: z.object({ hotel: z.string() }) },
  },
  cancel: { request: trip },
  confirm: { request: trip },
});

export const payments = contract('payments', {
  charge: {
    request: z.object({ tripId: z.string(), traveller: z.string(), amountMinor: z.number().int().positive() }),
    reply: z.object({ chargeId: z.string() }),
    errors: { DECLINED: z.object({ reason: z.string() }) },
  },
});
