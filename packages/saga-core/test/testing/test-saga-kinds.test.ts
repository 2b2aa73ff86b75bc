import { contract } from '@backstitch/messaging';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { StepDeclined, sagaOn } from '../../src/index.js';
import { participantOn } from '../../src/participant/index.js';
import { hang, testSaga } from '../../src/testing/index.js';

const saga = sagaOn<never>();
const input = z.object({ amount: z.number() });
const ledger = contract('ledger', { hold: { request: input }, drop: { request: input } });

const transfer = saga('transfer', { version: 1, input })
  .invoke('hold', ledger.hold, {
    with: (ctx) => ctx.input,
    compensate: { command: ledger.drop, with: ({ sent }) => sent },
  })
  .waitFor('approval', z.object({ by: z.string() }), { timeout: '2d' })
  .call('wire', async () => ({ reference: 'w1' }), {
    compensate: async () => {},
    retry: { attempts: 2, backoff: '1s' },
  })
  .sleep('settle', '30d')
  .pivot('book', () => ({ booked: true }))
  .output(({ steps }) => ({ by: steps.approval.by, reference: steps.wire.reference }));
const base = testSaga(transfer).given({ amount: 5 }).local('book', { booked: true });

describe('a saga that waits', () => {
  it('goes on when it is signalled, calls the outside, and sleeps for thirty days of its own time', async () => {
    const run = await base.signal('1h', 'approval', { by: 'ada' }).run();
    expect(run.status).toBe('completed');
    expect(run.output).toEqual({ by: 'ada', reference: 'w1' });
    expect(run.clockMs).toBe(3_600_000 + 30 * 86_400_000);
    expect(run.trace).toEqual(['+hold', '+approval', '+wire', '+settle', '+book']);
  });

  it('keeps a signal that comes before anybody waits for it', async () => {
    const early = base.when(ledger.hold, { reply: undefined, delay: '10s' }).signal(0, 'approval', { by: 'eve' });
    expect((await early.run()).trace).toEqual(['signal:approval', '+hold', '+approval', '+wire', '+settle', '+book']);
  });

  it('takes a signal once', async () => {
    const run = await base.signal('1h', 'approval', { by: 'ada' }).signal('2h', 'approval', { by: 'bob' }).run();
    expect(run.output?.by).toBe('ada');
    expect(run.discarded).toContainEqual({ step: 'approval', reason: 'late' });
  });

  it('turns back where the signal stays away', async () => {
    const run = await base.run();
    expect(run.status).toBe('compensated');
    expect(run.failure).toMatchObject({ code: 'SIGNAL_TIMED_OUT', step: 'approval' });
    expect(run.trace).toEqual(['+hold', '!approval:SIGNAL_TIMED_OUT', '-hold']);
    expect(run.clockMs).toBe(2 * 86_400_000);
  });

  it('is undone out of its sleep when it is cancelled, the call by its own undo', async () => {
    const run = await base.signal(0, 'approval', { by: 'ada' }).at('5d', { kind: 'cancel' }).run();
    expect(run.trace.slice(-4)).toEqual(['cancel:SAGA_CANCELLED', '~settle:notRun', '-wire', '-hold']);
  });

  it('goes on, or stops for a person, without the signal where the author says so', async () => {
    const either = (onTimeout: 'continue' | 'park') =>
      saga('w', { version: 1, input }).waitFor('word', z.string(), { timeout: '1s', onTimeout }).build();
    expect((await testSaga(either('continue')).given({ amount: 1 }).run()).status).toBe('completed');
    const parked = testSaga(either('park')).given({ amount: 1 });
    expect((await parked.run()).parked).toMatchObject({ code: 'SIGNAL_TIMED_OUT', step: 'word' });
    const again = parked.at('1h', { kind: 'retry' }).signal('3600500ms', 'word', 'yes');
    expect((await again.run()).steps).toEqual({ word: 'yes' });
  });
});

describe('a call', () => {
  const approved = base.signal('1s', 'approval', { by: 'ada' });

  it('is made again after a technical failure, and undone as unknown when its attempts are used up', async () => {
    const seen: number[] = [];
    const failing = approved.local('wire', ({ attempt }) => {
      seen.push(attempt);
      throw new Error('502');
    });
    const run = await failing.run();
    expect(seen).toEqual([1, 2]);
    expect(run.trace).toEqual(['+hold', '+approval', '!wire:STEP_FAILED', '-wire', '-hold']);
  });

  it('that does not come back is made again when its lease has ended, and is undone as unknown in the end', async () => {
    const slow = approved.local('wire', ({ attempt }) => (attempt === 1 ? hang() : { reference: 'w2' }));
    const run = await slow.run();
    expect(run.output?.reference).toBe('w2');
    const never = await approved.local('wire', () => hang()).run();
    expect(never.trace).toEqual(['+hold', '+approval', '!wire:STEP_TIMED_OUT', '-wire', '-hold']);
    expect(never.clockMs).toBeGreaterThanOrEqual(1_000 + 2 * 35_000);
    await expect(
      base
        .signal(0, 'approval', { by: 'x' })
        .local('book', () => hang())
        .run(),
    ).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      fields: { step: 'book' },
    });
  });

  it('is not made again after an error whose code says that it never helps', async () => {
    const seen: number[] = [];
    const closed = saga('closed', { version: 1, input })
      .call('wire', async () => undefined, {
        compensate: async () => {},
        retry: { attempts: 5, nonRetryable: ['ACCOUNT_CLOSED'] },
      })
      .build();
    const run = await testSaga(closed)
      .given({ amount: 1 })
      .local('wire', ({ attempt }) => {
        seen.push(attempt);
        throw Object.assign(new Error('closed'), { code: 'ACCOUNT_CLOSED' });
      })
      .run();
    expect(seen).toEqual([1]);
    expect(run.trace).toEqual(['!wire:STEP_FAILED', '-wire']);
  });

  it('is not made again either where a participant’s handler throws such a code', async () => {
    const seen: number[] = [];
    const keeper = participantOn<undefined>()(ledger, {
      hold: ({ command }) => {
        seen.push(command.attempt);
        throw Object.assign(new Error('closed'), { code: 'ACCOUNT_CLOSED' });
      },
      drop: () => undefined,
    });
    const held = saga('held', { version: 1, input })
      .invoke('hold', ledger.hold, {
        with: (ctx) => ctx.input,
        compensate: { command: ledger.drop, with: ({ sent }) => sent },
        retry: { attempts: 5, nonRetryable: ['ACCOUNT_CLOSED'] },
      })
      .build();
    const run = await testSaga(held, { participants: [keeper] })
      .given({ amount: 1 })
      .run();
    expect(seen).toEqual([1]);
    expect(run.trace).toEqual(['!hold:STEP_FAILED', '-hold']);
  });

  it('that is declined had no effect, and is not undone', async () => {
    const run = await approved
      .local('wire', () => {
        throw new StepDeclined('NO_SUCH_ACCOUNT');
      })
      .run();
    expect(run.trace).toEqual(['+hold', '+approval', '!wire:NO_SUCH_ACCOUNT', '-hold']);
  });
});

describe('an operator', () => {
  it('skips a step that has not begun, with an output for later steps, but none that is under way', async () => {
    const skip = { kind: 'skip', step: 'approval', output: { by: 'ops' } } as const;
    const early = base.when(ledger.hold, { reply: undefined, delay: '10s' });
    expect((await early.at('1s', skip).run()).output?.by).toBe('ops');
    const waiting = await base.at('1s', skip).run();
    expect(waiting.refused).toMatchObject([{ verb: 'skip' }]);
  });

  const shipping = saga('shipping', { version: 1, input })
    .pivot('pay', () => ({ paid: true }))
    .invoke('book', ledger.hold, { with: (ctx) => ctx.input, retry: { attempts: 1 } })
    .build();
  const stuck = testSaga(shipping)
    .given({ amount: 1 })
    .local('pay', { paid: true })
    .when(ledger.hold, { fail: { message: 'down' } });

  it('says by hand what became of the step that the saga is parked for', async () => {
    const resolved = await stuck.at('1h', { kind: 'resolve', step: 'book', outcome: { kind: 'succeeded' } }).run();
    expect(resolved.trace).toEqual(['+pay', 'parked:book:STEP_FAILED', '+book', 'unparked']);
    expect(resolved.status).toBe('completed');
    const skipped = await stuck.at('1h', { kind: 'skip', step: 'book' }).run();
    expect(skipped.trace).toEqual(['+pay', 'parked:book:STEP_FAILED', '+book', 'unparked']);
  });

  it('cannot say what the pivot forbids, or of a step that is not parked', async () => {
    const declined = {
      kind: 'resolve',
      step: 'book',
      outcome: { kind: 'declined', code: 'NO', message: 'no' },
    } as const;
    expect((await stuck.at('1h', declined).run()).refused).toHaveLength(1);
    const free = { kind: 'resolve', step: 'approval', outcome: { kind: 'succeeded' } } as const;
    expect((await base.at('1h', free).run()).refused).toMatchObject([{ reason: 'the instance is not parked' }]);
    expect((await base.at('1h', { kind: 'skip', step: 'book' }).run()).refused).toHaveLength(1);
  });
});
