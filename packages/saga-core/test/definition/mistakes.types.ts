/**
 * Mistakes that the compiler must refuse. Nothing here runs: `tsc -p tsconfig.tests.json` fails where an expected error does not come.
 */
import { contract } from '@backstitch/messaging';
import * as v from 'valibot';
import { z } from 'zod';
import { participant, saga } from '../../src/knex/index.js';
import type { InputOf, OutputOf, StepsOf } from '../../src/definition/step-list.js';

export const inventory = contract('inventory', {
  reserve: {
    request: z.object({ orderId: z.string(), items: z.array(z.object({ sku: z.string(), qty: z.number().int() })) }),
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
  capture: { request: v.object({ authId: v.string() }), reply: v.object({ receipt: v.string() }) },
});
const OrderInput = z.object({
  customerId: z.string(),
  total: z.number(),
  items: z.array(z.object({ sku: z.string(), qty: z.number().int() })),
});

export const placeOrder = saga('place-order', { version: 1, input: OrderInput })
  .local(
    'createOrder',
    async ({ trx, input }) => {
      const [row] = await trx<{ id: string; total: number }>('orders').insert({ total: input.total }).returning('id');
      return { orderId: row?.id ?? '' };
    },
    {
      compensate: async ({ trx, output, failure }) => {
        await trx('orders').where({ id: output.orderId }).update({ status: 'REJECTED', reason: failure.code });
      },
    },
  )
  .parallel((branches) =>
    branches
      .invoke('reserveStock', inventory.reserve, {
        with: ({ steps, input }) => ({ orderId: steps.createOrder.orderId, items: input.items }),
        compensate: { command: inventory.release, with: ({ sent }) => ({ orderId: sent.orderId }) },
        retry: { attempts: 5, backoff: '200ms', factor: 2, jitter: 'full' },
        timeout: '30s',
      })
      .invoke('authorizePayment', payment.authorize, {
        with: ({ steps, input }) => ({ orderId: steps.createOrder.orderId, amount: input.total }),
        compensate: {
          command: payment.void,
          with: ({ sent, output }) => ({ orderId: sent.orderId, authId: output?.authId }),
        },
        timeout: '15s',
      }),
  )
  .pivot('capturePayment', payment.capture, {
    with: ({ steps }) => ({ authId: steps.authorizePayment.authId }),
    timeout: '30s',
  })
  .local('confirmOrder', async ({ trx, steps }) => {
    await trx('orders')
      .where({ id: steps.createOrder.orderId })
      .update({ status: 'CONFIRMED', receipt: steps.capturePayment.receipt });
  })
  .output(({ steps }) => ({ orderId: steps.createOrder.orderId, receipt: steps.capturePayment.receipt }));

const input = z.object({ id: z.string(), total: z.number() });
const base = () =>
  saga('x', { version: 1, input }).local('one', async () => ({ a: 'x' }), { compensate: 'nothing to undo' });
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(): T | undefined => undefined;

export function mistakes(): void {
  // 1. reading an output that does not exist yet
  base().invoke('r', payment.capture, {
    // @ts-expect-error Property 'authorizePayment' does not exist
    with: ({ steps }) => ({ authId: steps.authorizePayment.authId }),
    compensate: 'nothing to undo',
  });
  // 2. a payload field of the wrong type
  base().invoke('r', payment.authorize, {
    // @ts-expect-error number expected
    with: ({ steps }) => ({ orderId: steps.one.a, amount: steps.one.a }),
    compensate: 'nothing to undo',
  });
  // 3. a missing payload field
  base().invoke('r', payment.authorize, {
    // @ts-expect-error amount is missing
    with: ({ steps }) => ({ orderId: steps.one.a }),
    compensate: 'nothing to undo',
  });
  // 4. a compensation that trusts an output nobody may have seen
  base().invoke('r', payment.authorize, {
    with: ({ steps, input: given }) => ({ orderId: steps.one.a, amount: given.total }),
    compensate: {
      command: payment.void,
      // @ts-expect-error 'output' is possibly undefined
      with: ({ sent, output }) => ({ orderId: sent.orderId, authId: output.authId }),
    },
  });
  // 5. a compensation payload of the wrong type
  base().invoke('r', payment.authorize, {
    with: ({ steps, input: given }) => ({ orderId: steps.one.a, amount: given.total }),
    // @ts-expect-error orderId must be string
    compensate: { command: payment.void, with: ({ sent }) => ({ orderId: sent.amount }) },
  });
  // 6. a forgotten compensation before the pivot
  // @ts-expect-error compensate is missing
  base().invoke('r', payment.authorize, {
    with: ({ steps, input: given }) => ({ orderId: steps.one.a, amount: given.total }),
  });
  // 7. a compensation after the pivot
  base()
    .pivot('p', payment.capture, { with: () => ({ authId: 'x' }) })
    .invoke('r', inventory.release, {
      with: ({ steps }) => ({ orderId: steps.one.a }),
      // @ts-expect-error cannot be compensated
      compensate: 'nothing to undo',
    });
  // 8. two pivots
  base()
    .pivot('p', payment.capture, { with: () => ({ authId: 'x' }) })
    // @ts-expect-error no pivot after the pivot
    .pivot('q', payment.capture, { with: () => ({ authId: 'x' }) });
  // 9. a step defined twice
  // @ts-expect-error step "one" is already defined
  base().local('one', async () => 1, { compensate: 'nothing to undo' });
  // 10. sibling branches do not see one another
  base().parallel((branches) =>
    branches
      .local('l', async () => ({ z: 1 }), { compensate: 'nothing to undo' })
      // @ts-expect-error 'l' is not visible to its sibling
      .local('m', async ({ steps }) => ({ y: steps.l.z }), { compensate: 'nothing to undo' }),
  );
  // 11. a local compensation that reads a field the output lacks
  base().local('b', async () => ({ orderId: 'x' }), {
    compensate: async ({ output }) => {
      // @ts-expect-error Property 'orderID' does not exist
      output.orderID;
    },
  });
  // 12. an output that JSON cannot hold
  // @ts-expect-error Date is not JSON
  base().local('b', async () => ({ when: new Date() }), { compensate: 'nothing to undo' });
  // 13. timeouts are durations
  base().invoke('b', inventory.release, {
    with: ({ steps }) => ({ orderId: steps.one.a }),
    compensate: 'nothing to undo',
    // @ts-expect-error '30 seconds' is not a Duration
    timeout: '30 seconds',
  });
  // 14. a participant: undeclared code, wrong detail, wrong reply, missing handler
  participant(inventory, {
    release: async () => {},
    // @ts-expect-error 'NOPE' is not declared
    reserve: async ({ decline }) => decline('NOPE', { sku: 'x' }),
  });
  participant(inventory, {
    release: async () => {},
    // @ts-expect-error sku must be string
    reserve: async ({ decline }) => decline('OUT_OF_STOCK', { sku: 1 }),
  });
  participant(inventory, {
    release: async () => {},
    // @ts-expect-error reservationId is missing
    reserve: async () => ({}),
  });
  // @ts-expect-error the handler for reserve is missing
  participant(inventory, { release: async () => {} });
  // 15. an undo by another participant
  base().invoke('r', payment.capture, {
    with: ({ steps }) => ({ authId: steps.one.a }),
    // @ts-expect-error inventory cannot undo what payment did
    compensate: { command: inventory.release, with: () => ({ orderId: 'x' }) },
  });
  // 16. a step that may be skipped has an output that may be missing
  base()
    .local('maybe', async () => ({ z: 1 }), {
      compensate: 'nothing to undo',
      when: ({ input: given }) => given.total > 0,
    })
    // @ts-expect-error 'maybe' is possibly undefined
    .local('after', async ({ steps }) => ({ z: steps.maybe.z }), { compensate: 'nothing to undo' });
  // 17. a function in an output
  // @ts-expect-error functions cannot be stored
  base().output(() => ({ f: () => 1 }));
  // 18. a list: what is not one, an item's field that is not there, an undo by another participant
  base().invokeEach('each', inventory.release, {
    // @ts-expect-error a number is no list
    over: () => 7,
    with: () => ({ orderId: 'x' }),
    compensate: 'nothing to undo',
  });
  base().invokeEach('each', inventory.release, {
    over: () => [{ sku: 'a' }],
    // @ts-expect-error Property 'name' does not exist on an item
    with: ({ item }) => ({ orderId: item.name }),
    compensate: 'nothing to undo',
  });
  base().invokeEach('each', payment.capture, {
    over: () => ['a'],
    with: ({ item }) => ({ authId: item }),
    // @ts-expect-error inventory cannot undo what payment did
    compensate: { command: inventory.release, with: () => ({ orderId: 'x' }) },
  });
  // @ts-expect-error a list before the pivot says how it is undone
  base().invokeEach('each', inventory.release, { over: () => ['a'], with: () => ({ orderId: 'x' }) });
  // 19. a child: a wrong input, a compensation, a pivot before the parent's, an output that is not there
  const child = saga('child', { version: 1, input: z.object({ to: z.string() }) })
    .local('go', () => ({ n: 1 }), { compensate: 'nothing to undo' })
    .output(({ steps }) => ({ n: steps.go.n }));
  const pivoted = saga('pivoted', { version: 1, input: z.object({ to: z.string() }) })
    .pivot('go', () => ({ n: 1 }))
    .build();
  // @ts-expect-error to must be string
  base().child('c', child, { with: () => ({ to: 1 }) });
  // @ts-expect-error a child undoes itself
  base().child('c', child, { with: () => ({ to: 'x' }), compensate: () => {} });
  // @ts-expect-error a child with a pivot must come after its parent's pivot
  base().child('c', pivoted, { with: () => ({ to: 'x' }) });
  base()
    .child('c', child, { with: () => ({ to: 'x' }) })
    // @ts-expect-error Property 'm' does not exist on the child's output
    .output(({ steps }) => ({ m: steps.c.m }));
  // 20. what an undo that is given up means
  base().local('u', () => {}, {
    compensate: () => {},
    // @ts-expect-error 'ignore' is neither 'park' nor 'continue'
    onCompensationFailed: 'ignore',
  });
}

export function rightUses(): void {
  // run is positional, so the order of keys cannot break inference
  base().local('ord2', async ({ input: given }) => ({ orderId: given.id }), {
    compensate: async ({ output }) => {
      output.orderId satisfies string;
    },
  });
  // interfaces pass as outputs, without an index signature
  interface Row {
    id: string;
    n: number | null;
  }
  const withRow = base()
    .local('i', async (): Promise<Row> => ({ id: 'a', n: null }), { compensate: 'nothing to undo' })
    .build();
  holds<Equal<StepsOf<typeof withRow>['i'], Row>>();
  // the accumulated types are exact
  holds<Equal<OutputOf<typeof placeOrder>, { orderId: string; receipt: string }>>();
  holds<Equal<InputOf<typeof placeOrder>['total'], number>>();
  holds<
    Equal<
      StepsOf<typeof placeOrder>,
      {
        readonly createOrder: { orderId: string };
        readonly reserveStock: { reservationId: string };
        readonly authorizePayment: { authId: string };
        readonly capturePayment: { receipt: string };
        readonly confirmOrder: void;
      }
    >
  >();
  // a synchronous run, a void output, and its compensation
  base().local('v', () => {}, {
    compensate: ({ output }) => {
      output satisfies void;
    },
  });
  // a local pivot
  base()
    .pivot('commit', async ({ trx, steps }) => ({ rows: await trx('orders').where({ id: steps.one.a }).delete() }))
    .output(({ steps }) => ({ rows: steps.commit.rows }));
  // a list's output is an array, a child's its own, and a child with a pivot stands behind the pivot
  const child = saga('child', { version: 1, input: z.object({ to: z.string() }) })
    .pivot('go', () => ({ n: 1 }))
    .build();
  const whole = base()
    .invokeEach('each', payment.capture, {
      over: ({ steps }) => [steps.one.a],
      with: ({ item, index }) => ({ authId: `${item}${index}` }),
      compensate: 'nothing to undo',
      concurrency: 2,
    })
    .pivot('commit', () => ({}))
    .child('c', child, { with: ({ steps }) => ({ to: steps.each.map(({ receipt }) => receipt).join() }) })
    .build();
  holds<Equal<StepsOf<typeof whole>['each'], readonly { receipt: string }[]>>();
  holds<Equal<StepsOf<typeof whole>['c'], { readonly go: { n: number } }>>();
}
