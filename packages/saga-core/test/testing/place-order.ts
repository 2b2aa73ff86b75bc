import { contract } from '@backstitch/messaging';
import * as v from 'valibot';
import { z } from 'zod';
import { sagaOn } from '../../src/definition/saga.js';

export const inventory = contract('inventory', {
  reserve: {
    request: z.object({ orderId: z.string(), skus: z.array(z.string()) }),
    reply: z.object({ reservationId: z.string() }),
    errors: { OUT_OF_STOCK: z.object({ sku: z.string() }) },
  },
  release: { request: z.object({ orderId: z.string() }) },
});
export const payment = contract('payment', {
  authorize: {
    request: v.object({ orderId: v.string(), amount: v.number() }),
    reply: v.object({ authId: v.string() }),
    errors: { DECLINED: v.object({ reason: v.string() }) },
  },
  void: { request: v.object({ orderId: v.string(), authId: v.optional(v.string()) }) },
  capture: {
    request: v.object({ authId: v.string() }),
    reply: v.object({ receipt: v.string() }),
    errors: { EXPIRED: v.object({}) },
  },
});

interface Orders {
  insert(order: { readonly total: number }): Promise<string>;
  update(orderId: string, status: string): Promise<void>;
}

const retry = { attempts: 3, backoff: '1s', jitter: 'none' } as const;

/** Stock and payment side by side, money captured at the point of no return. */
export const placeOrder = sagaOn<Orders>()('place-order', {
  version: 1,
  input: z.object({ total: z.number(), skus: z.array(z.string()) }),
  timeout: '10m',
})
  .local('createOrder', async ({ trx, input }) => ({ orderId: await trx.insert({ total: input.total }) }), {
    compensate: ({ trx, output, failure }) => trx.update(output.orderId, `rejected: ${failure.code}`),
    retry,
  })
  .parallel((branches) =>
    branches
      .invoke('reserveStock', inventory.reserve, {
        with: ({ steps, input }) => ({ orderId: steps.createOrder.orderId, skus: input.skus }),
        compensate: { command: inventory.release, with: ({ sent }) => ({ orderId: sent.orderId }) },
        retry,
        timeout: '10s',
      })
      .invoke('authorizePayment', payment.authorize, {
        with: ({ steps, input }) => ({ orderId: steps.createOrder.orderId, amount: input.total }),
        compensate: {
          command: payment.void,
          with: ({ sent, output }) => ({ orderId: sent.orderId, authId: output?.authId }),
        },
        retry,
        timeout: '10s',
      }),
  )
  .pivot('capturePayment', payment.capture, {
    with: ({ steps }) => ({ authId: steps.authorizePayment.authId }),
    retry: { backoff: '1s', maxBackoff: '1m', jitter: 'none' },
    timeout: '30s',
  })
  .local('confirmOrder', ({ trx, steps }) => trx.update(steps.createOrder.orderId, 'confirmed'))
  .output(({ steps }) => ({ orderId: steps.createOrder.orderId, receipt: steps.capturePayment.receipt }));
