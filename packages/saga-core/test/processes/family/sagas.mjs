// Sagas with a lock, a list and a child, for processes that are killed: on the built package.
import { contract } from '@backstitch/messaging';
import { saga } from '@backstitch/saga-core/knex';
import { z } from 'zod';

export const shop = contract('shop', {
  hold: {
    request: z.object({ order: z.string(), what: z.string() }),
    reply: z.object({ what: z.string() }),
    errors: { SOLD_OUT: z.object({}) },
  },
  drop: { request: z.object({ order: z.string(), what: z.string() }) },
});
const input = z.object({ order: z.string(), customer: z.string(), items: z.array(z.string()) });
const undo = { command: shop.drop, with: ({ sent }) => sent };
const hold = (what) => ({ with: ({ input: { order } }) => ({ order, what }), compensate: undo, timeout: '10s' });

const parcel = saga('parcel', { version: 1, input })
  .invoke('box', shop.hold, hold('box'))
  .local(
    'label',
    ({ trx, input: { order } }) =>
      trx('labels')
        .insert({ order })
        .then(() => undefined),
    {
      compensate: ({ trx, input: { order } }) =>
        trx('labels')
          .where({ order })
          .delete()
          .then(() => undefined),
    },
  )
  .build();

/** One order of a customer at a time: `inside` has the customer as its key, so two of them at once would show. */
export const fulfil = saga('fulfil', {
  version: 1,
  input,
  locks: { keys: ({ input: { customer } }) => [`customer:${customer}`], whenHeld: 'wait' },
})
  .local(
    'enter',
    ({ trx, input: { customer } }) =>
      trx('inside')
        .insert({ customer })
        .then(() => undefined),
    {
      compensate: ({ trx, input: { customer } }) =>
        trx('inside')
          .where({ customer })
          .delete()
          .then(() => undefined),
      retry: { attempts: 1 },
    },
  )
  .invokeEach('hold', shop.hold, {
    over: ({ input: { items } }) => items,
    with: ({ item, input: { order } }) => ({ order, what: item }),
    compensate: undo,
    concurrency: 2,
    timeout: '10s',
  })
  .parallel((side) =>
    side.child('pack', parcel, { with: (context) => context.input }).invoke('wrap', shop.hold, hold('wrap')),
  )
  .invoke('last', shop.hold, {
    ...hold('last'),
    with: ({ input: { order } }) => ({ order, what: order.endsWith('3') ? 'none' : 'last' }),
  })
  .local(
    'leave',
    ({ trx, input: { customer } }) =>
      trx('inside')
        .where({ customer })
        .delete()
        .then(() => undefined),
    {
      compensate: 'nothing to undo',
    },
  )
  .build();
