import { contract } from '@backstitch/messaging';
import { z } from 'zod';
import { sagaOn } from '../../src/index.js';
import { participantOn } from '../../src/participant/index.js';

const inventory = contract('inventory', {
  reserve: {
    request: z.object({ orderId: z.string(), quantity: z.number() }),
    reply: z.object({ reservationId: z.string() }),
    errors: { OUT_OF_STOCK: z.object({ left: z.number() }) },
  },
  release: { request: z.object({ orderId: z.string() }) },
});
const payment = contract('payment', {
  capture: {
    request: z.object({ orderId: z.string() }),
    reply: z.object({ receipt: z.string() }),
    errors: { REFUSED: z.object({}) },
  },
});

export interface Shop {
  readonly stock: Map<string, number>;
  readonly captured: string[];
  readonly http: string[];
}
export const shopOf = (): Shop => ({ stock: new Map(), captured: [], http: [] });

export const placeOrder = sagaOn<Shop>()('place-order', {
  version: 1,
  input: z.object({ orderId: z.string(), quantity: z.number() }),
})
  .call('notify', ({ input, idempotencyKey }) => ({ ticket: `${input.orderId}:${idempotencyKey.length > 0}` }), {
    compensate: 'nothing to undo',
  })
  .parallel((branches) =>
    branches
      .invoke('reserve', inventory.reserve, {
        with: ({ input }) => input,
        compensate: { command: inventory.release, with: ({ sent }) => ({ orderId: sent.orderId }) },
        timeout: '10s',
        retry: { attempts: 2, backoff: '1s' },
      })
      .local('note', () => ({ noted: true }), { compensate: 'nothing to undo' }),
  )
  .sleep('coolOff', '30d')
  .waitFor('approve', z.object({ by: z.string() }), { timeout: '7d', onTimeout: 'compensate' })
  .pivot('capture', payment.capture, { with: ({ input }) => ({ orderId: input.orderId }), retry: { backoff: '1s' } })
  .local('archive', () => undefined, { when: ({ input }) => input.quantity > 1 })
  .output(({ steps }) => ({ receipt: steps.capture.receipt, by: steps.approve.by }));

/** `onReserve` runs within the handler. */
export const participantsOf = (shop: Shop, onReserve: () => void = () => undefined) => [
  participantOn<unknown>()(inventory, {
    reserve: ({ command: { payload, id }, decline }) => {
      onReserve();
      if (payload.quantity > 5) return decline('OUT_OF_STOCK', { left: 5 });
      shop.stock.set(payload.orderId, payload.quantity);
      return { reservationId: id };
    },
    release: ({ command }) => void shop.stock.delete(command.payload.orderId),
  }),
  participantOn<unknown>()(payment, {
    capture: ({ command: { payload } }) => {
      shop.captured.push(payload.orderId);
      return { receipt: `r-${payload.orderId}` };
    },
  }),
];
