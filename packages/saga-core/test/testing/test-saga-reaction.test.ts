import { describe, expect, it } from 'vitest';
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

describe('a reaction', () => {
  it('drops a command: it is sent again after its timeout and the backoff, and given up after its attempts', async () => {
    const run = await order.when(inventory.reserve, { drop: true }).run();
    expect(run.sent.filter(({ command }) => command === 'inventory.reserve').map(({ at }) => at)).toEqual([
      0, 11_000, 23_000,
    ]);
    expect(run.failure).toMatchObject({ step: 'reserveStock', code: 'STEP_TIMED_OUT' });
    expect(run).toMatchObject({
      status: 'compensated',
      undone: ['reserveStock', 'authorizePayment', 'createOrder'],
      clockMs: 33_000,
    });
  });

  it('fails an attempt: the next one runs again', async () => {
    const flaky = order.when(inventory.reserve, (_, attempt) =>
      attempt === 1 ? { fail: { message: 'deadlock' } } : { reply: { reservationId: `r${attempt}` } },
    );
    const run = await flaky.run();
    expect(run).toMatchObject({
      status: 'completed',
      clockMs: 1_000,
      steps: { reserveStock: { reservationId: 'r2' } },
    });
  });

  it('loses an answer after the effect: the second sending gets the stored one', async () => {
    const run = await order
      .when(inventory.reserve, (_, attempt) => ({
        reply: { reservationId: `r${attempt}` },
        ...(attempt === 1 ? { replyLost: true } : {}),
      }))
      .run();
    expect(run).toMatchObject({ status: 'completed', steps: { reserveStock: { reservationId: 'r1' } } });
  });

  it('loses every answer: the step is unknown, its effect is undone', async () => {
    const run = await order.when(inventory.reserve, { reply: { reservationId: 'r1' }, replyLost: true }).run();
    expect(run.trace).toEqual([
      '+createOrder',
      '+authorizePayment',
      '!reserveStock:STEP_TIMED_OUT',
      '-reserveStock',
      '-authorizePayment',
      '-createOrder',
    ]);
    expect(run.fences['reserveStock']).toBe('undone');
  });

  it('delays a command until after its undo: the fence refuses it and the machine counts the answer', async () => {
    const run = await order.when(inventory.reserve, { reply: { reservationId: 'r1' }, delay: '5m' }).run();
    expect(run).toMatchObject({ status: 'compensated', fences: { reserveStock: 'tombstone' }, clockMs: 33_000 });
    expect(run.discarded).toEqual([1, 2, 3].map(() => ({ step: 'reserveStock', reason: 'finished' })));
  });

  it('delays an answer beyond the timeout: it counts for whatever attempt is under way', async () => {
    const run = await order.when(inventory.reserve, { reply: { reservationId: 'r1' }, replyDelay: '15s' }).run();
    expect(run).toMatchObject({ status: 'completed', clockMs: 15_000 });
    expect(run.discarded).toEqual([{ step: 'reserveStock', reason: 'finished' }]);
  });

  it('duplicates an answer: the second one changes nothing', async () => {
    const run = await order.when(inventory.reserve, { duplicate: { reservationId: 'r1' } }).run();
    expect(run).toMatchObject({ status: 'completed', discarded: [{ step: 'reserveStock', reason: 'not awaited' }] });
  });

  it('is refused by the broker every time: the step never happened and is not undone', async () => {
    const run = await order.when(inventory.reserve, { refused: { message: 'too large' } }).run();
    expect(run).toMatchObject({
      status: 'compensated',
      failure: { code: 'STEP_NOT_SENT' },
      undone: ['authorizePayment', 'createOrder'],
    });
    expect(run.fences).not.toHaveProperty('reserveStock');
  });

  it('breaks the contract: the saga is parked with the body as evidence', async () => {
    const run = await order.when(inventory.reserve, { broken: { reservation: 7 } }).run();
    expect(run).toMatchObject({ status: 'parked', parked: { step: 'reserveStock', code: 'CONTRACT_BROKEN' } });
    expect(run.trace.at(-1)).toBe('+authorizePayment');
    expect(run.journal.flatMap(({ events }) => events)).toContainEqual(
      expect.objectContaining({ kind: 'sagaParked', evidence: { reservation: 7 } }),
    );
  });
});

describe('the pivot', () => {
  it('is asked until it answers, at a capped pace', async () => {
    const run = await order
      .when(payment.capture, (_, attempt) => (attempt < 10 ? { drop: true } : { reply: { receipt: 'R' } }))
      .run();
    const at = run.sent.filter(({ command }) => command === 'payment.capture').map((sent) => sent.at);
    expect(at.slice(1).map((each, index) => each - (at[index] ?? 0) - 30_000)).toEqual(
      [1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1_000),
    );
    expect(run.status).toBe('completed');
  });

  it('declines: what came before is undone', async () => {
    const run = await order.when(payment.capture, declined(payment.capture, 'EXPIRED', {})).run();
    expect(run).toMatchObject({ status: 'compensated', failure: { step: 'capturePayment', code: 'EXPIRED' } });
    expect(new Set(run.undone.slice(0, 2))).toEqual(new Set(['reserveStock', 'authorizePayment']));
    expect(run.undone.at(-1)).toBe('createOrder');
  });

  it('never answers: the test says so and does not hang', async () => {
    await expect(order.when(payment.capture, { drop: true }).run()).rejects.toMatchObject({
      code: 'RESULT_TIMEOUT',
      fields: { steps: ['capturePayment'] },
    });
  });

  it('is past when a cancel comes: refused', async () => {
    const run = await order
      .at('1s', { kind: 'cancel' })
      .when(payment.capture, { reply: { receipt: 'R' }, replyDelay: '2s' })
      .run();
    expect(run).toMatchObject({ status: 'completed', undone: [] });
    expect(run.trace).toContain('cancel:SAGA_CANCELLED');
  });
});

describe('an operator', () => {
  it('cancels while a step waits: it is unknown and undone too', async () => {
    const run = await order
      .when(inventory.reserve, { drop: true })
      .at('3s', { kind: 'cancel', actor: 'ann', reason: 'fraud' })
      .run();
    expect(run).toMatchObject({
      status: 'compensated',
      clockMs: 3_000,
      failure: { code: 'SAGA_CANCELLED', message: 'fraud' },
    });
    expect(run.trace).toEqual([
      '+createOrder',
      '+authorizePayment',
      'cancel:SAGA_CANCELLED',
      '?reserveStock',
      '-reserveStock',
      '-authorizePayment',
      '-createOrder',
    ]);
  });

  it('pauses: nothing more is begun, and the test ends there', async () => {
    const run = await order
      .when(inventory.reserve, { reply: { reservationId: 'r1' }, replyDelay: '2s' })
      .at('1s', { kind: 'pause' })
      .run();
    expect(run).toMatchObject({ status: 'paused', clockMs: 2_000 });
    expect(run.trace).toEqual(['+createOrder', '+authorizePayment', 'paused', '+reserveStock']);
  });

  it('resumes: what was held back is done', async () => {
    const paused = order
      .when(inventory.reserve, { reply: { reservationId: 'r1' }, replyDelay: '2s' })
      .at('1s', { kind: 'pause' });
    expect(await paused.at('1h', { kind: 'resume' }).run()).toMatchObject({ status: 'completed', clockMs: 3_600_000 });
  });

  it('retries what is parked, once the participant answers well', async () => {
    const mended = order.when(inventory.reserve, (_, attempt) =>
      attempt === 1 ? { broken: {} } : { reply: { reservationId: 'r2' } },
    );
    const run = await mended.at('5m', { kind: 'retry' }).run();
    // The fence answers the retry with what it stored: a broken answer stays broken until a person undoes it.
    expect(run).toMatchObject({ status: 'parked', parked: { code: 'CONTRACT_BROKEN' } });
    expect(await mended.at('5m', { kind: 'cancel' }).run()).toMatchObject({
      status: 'compensated',
      fences: { reserveStock: 'undone' },
    });
  });

  it('is refused with the reason, where the state does not allow it', async () => {
    const run = await order.at('1h', { kind: 'cancel' }).run();
    expect(run.refused).toEqual([{ verb: 'cancel', reason: 'the instance is completed' }]);
  });
});
