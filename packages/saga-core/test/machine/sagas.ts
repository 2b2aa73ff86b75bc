import { contract } from '@backstitch/messaging';
import { z } from 'zod';
import { sagaOn } from '../../src/definition/saga.js';

const request = z.looseObject({});
export const shop = contract('shop', {
  hold: { request, reply: z.looseObject({}) },
  release: { request },
  charge: { request, reply: z.looseObject({}) },
  refund: { request },
  note: { request },
  commit: { request, reply: z.looseObject({}) },
  ship: { request, reply: z.looseObject({}) },
});
/** Its participant forgets after a minute. */
export const forgetful = contract(
  'forgetful',
  { hold: { request }, release: { request } },
  { fenceRetentionMs: 60_000 },
);

export const input = z.looseObject({});
export const saga = sagaOn<never>();

export const retry = { attempts: 2, backoff: '1s', jitter: 'none' } as const;
export const timeout = '10s';
export const hold = {
  with: () => ({}),
  compensate: { command: shop.release, with: () => ({}) },
  retry,
  timeout,
} as const;
export const charge = {
  with: () => ({}),
  compensate: { command: shop.refund, with: () => ({}) },
  retry,
  timeout,
} as const;

/** Hold, charge, commit (the pivot), ship. */
export const line = saga('line', { version: 1, input })
  .invoke('hold', shop.hold, hold)
  .invoke('charge', shop.charge, charge)
  .pivot('commit', shop.commit, {
    with: () => ({}),
    retry: { backoff: '1s', maxBackoff: '4s', jitter: 'none' },
    timeout,
  })
  .invoke('ship', shop.ship, { with: () => ({}), retry: { backoff: '1s', jitter: 'none' }, timeout })
  .output(({ steps }) => ({ shipped: steps.ship }));

/** Hold, charge and note side by side; note has nothing to undo. */
export const fork = saga('fork', { version: 1, input })
  .parallel((branches) =>
    branches
      .invoke('hold', shop.hold, hold)
      .invoke('charge', shop.charge, charge)
      .invoke('note', shop.note, { with: () => ({}), compensate: 'nothing to undo', retry, timeout }),
  )
  .build();
