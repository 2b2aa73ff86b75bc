import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sagaOn } from '../../src/definition/saga.js';
import { StepDeclined } from '../../src/errors.js';
import { fold, withoutPace } from '../../src/machine/evolve.js';
import { participantOn } from '../../src/participant/participant.js';
import { declined, testSaga } from '../../src/testing/index.js';
import { inventory, payment, placeOrder } from './place-order.js';

const base = testSaga(placeOrder)
  .given({ total: 12, skus: ['a'] })
  .local('createOrder', { orderId: 'o1' })
  .local('confirmOrder', undefined);
const order = base
  .when(inventory.reserve, { reply: { reservationId: 'r1' } })
  .when(payment.authorize, { reply: { authId: 'au1' } })
  .when(payment.capture, { reply: { receipt: 'R' } });

describe('a user’s unit test', () => {
  it('of a saga with five steps fits in under 30 lines', () => {
    const source = readFileSync(new URL('./test-saga-example.test.ts', import.meta.url), 'utf8');
    expect(source.split('\n').length).toBeLessThan(30);
  });
});

describe('a run that goes well', () => {
  it('tells what was sent, what was answered and what was journalled', async () => {
    const run = await order.run();
    expect(run).toMatchObject({
      status: 'completed',
      failure: undefined,
      parked: undefined,
      undone: [],
      discarded: [],
      clockMs: 0,
    });
    expect(run.steps).toEqual({
      createOrder: { orderId: 'o1' },
      reserveStock: { reservationId: 'r1' },
      authorizePayment: { authId: 'au1' },
      capturePayment: { receipt: 'R' },
    });
    expect(run.sent).toEqual([
      {
        step: 'reserveStock',
        command: 'inventory.reserve',
        direction: 'do',
        attempt: 1,
        payload: { orderId: 'o1', skus: ['a'] },
        at: 0,
      },
      {
        step: 'authorizePayment',
        command: 'payment.authorize',
        direction: 'do',
        attempt: 1,
        payload: { orderId: 'o1', amount: 12 },
        at: 0,
      },
      {
        step: 'capturePayment',
        command: 'payment.capture',
        direction: 'do',
        attempt: 1,
        payload: { authId: 'au1' },
        at: 0,
      },
    ]);
    expect(run.fences).toEqual({
      reserveStock: 'succeeded',
      authorizePayment: 'succeeded',
      capturePayment: 'succeeded',
    });
    expect(withoutPace(fold({ status: 'running', steps: {} }, run.journal).state)).toMatchObject({
      status: 'completed',
    });
  });

  it('is the same every time', async () => {
    const lossy = order.when(inventory.reserve, (_, attempt) =>
      attempt < 3 ? { drop: true } : { reply: { reservationId: 'r' } },
    );
    expect(await lossy.run()).toEqual(await lossy.run());
  });

  it('leaves the test it was made from as it was', async () => {
    await order.when(payment.authorize, { drop: true }).run();
    expect((await order.run()).status).toBe('completed');
  });
});

describe('a local step', () => {
  it('is told what came before, and its undo why', async () => {
    const seen: unknown[] = [];
    await order
      .local(
        'createOrder',
        ({ input, attempt }) => ({ orderId: `${input.total}#${attempt}` }),
        ({ output, failure }) => void seen.push(output, failure.code),
      )
      .when(payment.authorize, declined(payment.authorize, 'DECLINED', { reason: 'no funds' }))
      .run();
    expect(seen).toEqual([{ orderId: '12#1' }, 'DECLINED']);
  });

  it('declines by throwing StepDeclined', async () => {
    const run = await order
      .local('createOrder', () => {
        throw new StepDeclined('BLOCKED', { customer: 7 });
      })
      .run();
    expect(run).toMatchObject({
      status: 'compensated',
      failure: { step: 'createOrder', code: 'BLOCKED', detail: { customer: 7 } },
      sent: [],
    });
  });

  it('fails by throwing anything else, and is tried again', async () => {
    const run = await order
      .local('createOrder', ({ attempt }) => {
        if (attempt < 3) throw new Error('deadlock');
        return { orderId: 'o3' };
      })
      .run();
    expect(run).toMatchObject({ status: 'completed', clockMs: 3_000, output: { orderId: 'o3' } });
  });

  it('runs for real where a transaction is given', async () => {
    const writes: string[] = [];
    const trx = {
      insert: async ({ total }: { readonly total: number }) => `o${writes.push(`insert ${total}`)}`,
      update: async (id: string, status: string) => void writes.push(`${id} ${status}`),
    };
    await testSaga(placeOrder, { trx })
      .given({ total: 5, skus: [] })
      .when(inventory.reserve, declined(inventory.reserve, 'OUT_OF_STOCK', { sku: 'a' }))
      .when(payment.authorize, { reply: { authId: 'x' } })
      .run();
    expect(writes).toEqual(['insert 5', 'o1 rejected: OUT_OF_STOCK']);
  });

  it('that fails beside a command of the same leg takes it back unsent', async () => {
    const both = sagaOn<never>()('both', { version: 1, input: placeOrder.input })
      .parallel((branches) =>
        branches
          .invoke('remote', inventory.release, { with: () => ({ orderId: 'o' }), compensate: 'nothing to undo' })
          .local('here', () => 1, { compensate: 'nothing to undo' }),
      )
      .build();
    const run = await testSaga(both)
      .given({ total: 1, skus: [] })
      .local('here', () => {
        throw new StepDeclined('NO');
      })
      .run();
    expect(run).toMatchObject({ status: 'compensated', sent: [], trace: ['!here:NO', '?remote', '~remote:withdrawn'] });
  });
});

describe('a participant’s own handlers', () => {
  const stock = participantOn<Map<string, number>>()(inventory, {
    reserve: ({ trx, command, decline }) => {
      const [sku = ''] = command.payload.skus;
      const left = trx.get(sku) ?? 0;
      if (left === 0) return decline('OUT_OF_STOCK', { sku });
      trx.set(sku, left - 1);
      return { reservationId: command.id };
    },
    // What it returns is dropped: its contract answers nothing.
    release: ({ trx }) => trx.set('a', (trx.get('a') ?? 0) + 1) as never,
  });
  const given = (trx: Map<string, number>) =>
    testSaga(placeOrder, { trx, participants: [stock] })
      .given({ total: 12, skus: ['a'] })
      .local('createOrder', { orderId: 'o1' })
      .local('confirmOrder', undefined)
      .when(payment.capture, { reply: { receipt: 'R' } });

  it('answer the commands that the test does not speak of', async () => {
    const trx = new Map([['a', 1]]);
    const run = await given(trx)
      .when(payment.authorize, { reply: { authId: 'x' } })
      .run();
    expect(run).toMatchObject({
      status: 'completed',
      steps: { reserveStock: { reservationId: 'saga-1/reserveStock/1/do' } },
    });
    expect(trx.get('a')).toBe(0);
  });

  it('decline, and undo what they did', async () => {
    expect(
      await given(new Map())
        .when(payment.authorize, { reply: { authId: 'x' } })
        .run(),
    ).toMatchObject({ failure: { code: 'OUT_OF_STOCK' } });
    const trx = new Map([['a', 1]]);
    await given(trx).when(payment.authorize, { drop: true }).run();
    expect(trx.get('a')).toBe(1);
  });

  it('are not called to undo a command that never came: its fence is closed', async () => {
    const trx = new Map([['a', 1]]);
    const run = await given(trx)
      .when(inventory.reserve, { drop: true })
      .when(payment.authorize, { reply: { authId: 'x' } })
      .run();
    expect(run).toMatchObject({ status: 'compensated', fences: { reserveStock: 'tombstone' } });
    expect(trx.get('a')).toBe(1);
  });
});

describe('a mistake of the test', () => {
  const wrong = { authId: 7 } as unknown as { authId: string };
  it.each([
    [
      'a reply that breaks its contract',
      () => order.when(payment.authorize, { reply: wrong }).run(),
      'CONTRACT_BROKEN',
      'payment.authorize',
    ],
    ['a command that nobody answers', () => base.run(), 'OPTION_INVALID', 'inventory.reserve'],
    [
      'a local step without a stub',
      () => testSaga(placeOrder).given({ total: 1, skus: [] }).run(),
      'OPTION_INVALID',
      'createOrder',
    ],
    ['no input', () => testSaga(placeOrder).run(), 'OPTION_INVALID', 'place-order'],
    [
      'an input that does not fit',
      async () => order.given({ total: '1' as never, skus: [] }),
      'INPUT_INVALID',
      '/total',
    ],
    ['an unknown step', async () => order.local('nope' as never, undefined as never), 'OPTION_INVALID', "'nope'"],
    [
      'a stub for a remote step',
      async () => order.local('reserveStock', { reservationId: 'r' }),
      'OPTION_INVALID',
      'remote step',
    ],
    [
      'a command of another saga',
      async () => order.when({ ...payment.void, name: 'payment.refund' }, { drop: true }),
      'OPTION_INVALID',
      'payment.refund',
    ],
    [
      'an undeclared refusal',
      async () => declined(payment.authorize, 'NO' as never, {} as never),
      'CONTRACT_BROKEN',
      "'NO'",
    ],
    [
      'a detail that does not fit',
      async () => declined(payment.authorize, 'DECLINED', {} as never),
      'CONTRACT_BROKEN',
      'DECLINED',
    ],
    [
      'a reaction of no kind',
      () => order.when(payment.authorize, {} as never).run(),
      'OPTION_INVALID',
      'payment.authorize',
    ],
    ['a time that is none', async () => order.at(-1, { kind: 'pause' }), 'DURATION_INVALID', 'pause'],
  ])('is refused, naming it: %s', async (_, make, code, named) => {
    await expect(make()).rejects.toMatchObject({ code, message: expect.stringContaining(named) });
  });
});
