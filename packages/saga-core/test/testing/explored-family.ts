import { contract } from '@backstitch/messaging';
import { z } from 'zod';
import { sagaOn } from '../../src/index.js';

const saga = sagaOn<never>();
const request = z.object({});
const shop = contract('shop', {
  hold: { request, reply: z.object({ id: z.string() }), errors: { SOLD_OUT: z.object({}) } },
  drop: { request },
  charge: { request, errors: { POOR: z.object({}) } },
  refund: { request },
});
const charge = {
  with: () => ({}),
  compensate: { command: shop.refund, with: () => ({}) },
  timeout: '10s',
} as const;

/** So many items, so many at a time, and then something that may turn it back. */
export const list = (concurrency: number) =>
  saga('list', { version: 1, input: z.object({ items: z.array(z.string()) }) })
    .invokeEach('hold', shop.hold, {
      over: ({ input }) => input.items,
      with: () => ({}),
      compensate: { command: shop.drop, with: () => ({}) },
      concurrency,
      timeout: '10s',
    })
    .invoke('charge', shop.charge, charge)
    .build();
export const twoItems = { input: { items: ['a', 'b'] }, outputs: { hold: [{ id: 'x' }] } };
export const threeItems = { ...twoItems, input: { items: ['a', 'b', 'c'] } };

const parcel = saga('parcel', { version: 1, input: z.object({}) })
  .sleep('dry', '1h')
  .build();

/** A child beside a command, and then something that may turn both back. */
export const family = saga('family', { version: 1, input: z.object({}) })
  .parallel((side) => side.child('pack', parcel, { with: () => ({}) }).invoke('charge', shop.charge, charge))
  .invoke('hold', shop.hold, {
    with: () => ({}),
    compensate: { command: shop.drop, with: () => ({}) },
    timeout: '10s',
  })
  .build();
export const familyOptions = { input: {}, outputs: { hold: { id: 'x' } }, maxAttempts: 1 } as const;
