import { describe, expect, it } from 'vitest';
import { Drive } from './drive.js';
import { charge, hold, input, line, retry, saga, shop, timeout } from './sagas.js';

const bounded = { attempts: 2, backoff: '1s', jitter: 'none' } as const;
const lenient = saga('lenient', { version: 1, input })
  .invoke('hold', shop.hold, hold)
  .invoke('mail', shop.note, {
    with: () => ({}),
    compensate: { command: shop.release, with: () => ({}) },
    undoRetry: bounded,
    onCompensationFailed: 'continue',
    retry,
    timeout,
  })
  .invoke('charge', shop.charge, charge)
  .build();
const undo = { direction: 'undo' } as const;

describe('an undo that is given up', () => {
  const turnedBack = () => new Drive(lenient).start().succeeds('hold', {}).succeeds('mail').declines('charge');

  it('leaves the others undone where the author says continue, with an alert, and is told apart', () => {
    const drive = turnedBack().fails('mail', undo).after(1_000).fails('mail', undo);
    expect([drive.step('mail'), drive.status, drive.alerts]).toEqual([
      'notCompensated',
      'compensating',
      ['STEP_FAILED'],
    ]);
    expect(drive.undone('hold').status).toBe('compensated');
    expect(drive.events).toContainEqual(
      expect.objectContaining({ kind: 'compensationGivenUp', step: 'mail', code: 'STEP_FAILED' }),
    );
  });

  it('is given up at once where it is declined', () => {
    const drive = turnedBack().declines('mail', undo);
    expect([drive.step('mail'), drive.step('hold'), drive.status]).toEqual([
      'notCompensated',
      'compensating',
      'compensating',
    ]);
  });

  it('takes no late answer for an undo', () => {
    const drive = turnedBack().declines('mail', undo);
    expect(drive.undone('mail').reason).toBe('not awaited');
    expect(drive.succeeds('mail').reason).toBe('late');
  });

  it('parks where nothing is said', () => {
    const definition = saga('strict', { version: 1, input })
      .invoke('hold', shop.hold, { ...hold, undoRetry: bounded })
      .invoke('charge', shop.charge, charge)
      .build();
    const drive = new Drive(definition).start().succeeds('hold', {}).declines('charge');
    drive.fails('hold', undo).after(1_000).fails('hold', undo);
    expect(drive.instance.state.parked).toMatchObject({ step: 'hold', code: 'STEP_FAILED', from: 'compensating' });
  });
});

describe('a code that no attempt will mend', () => {
  const definition = (phase: 'before' | 'after') => {
    const base = saga('codes', { version: 1, input }).invoke('hold', shop.hold, hold);
    const options = {
      with: () => ({}),
      retry: { ...retry, attempts: 9, nonRetryable: ['HANDLER_FAILED'] },
      timeout,
    } as const;
    return phase === 'before'
      ? base.invoke('note', shop.note, { ...options, compensate: 'nothing to undo' }).build()
      : base
          .pivot('commit', shop.commit, { with: () => ({}) })
          .invoke('note', shop.note, options)
          .build();
  };

  it('uses up the attempts: before the pivot the step is unknown, and undone', () => {
    const drive = new Drive(definition('before')).start().succeeds('hold', {}).fails('note');
    expect([drive.status, drive.step('note')]).toEqual(['compensating', 'compensating']);
    expect(drive.undone('note', 'hold').status).toBe('compensated');
  });

  it('parks after the pivot', () => {
    const drive = new Drive(definition('after')).start().succeeds('hold', {}).succeeds('commit', {}).fails('note');
    expect(drive.instance.state.parked).toMatchObject({ step: 'note', code: 'STEP_FAILED' });
  });

  it('says nothing of other codes', () => {
    const drive = new Drive(definition('before')).start().succeeds('hold', {});
    drive.reply('note', { kind: 'failed', code: 'OTHER', message: 'a blip' });
    expect(drive.step('note')).toBe('dispatched');
  });
});

describe('compensate, an operator’s verb', () => {
  it('turns back a parked instance with a reason that the undos see', () => {
    const seen: unknown[] = [];
    const watched = saga('watched', { version: 1, input })
      .invoke('hold', shop.hold, {
        ...hold,
        compensate: {
          command: shop.release,
          with: ({ failure }) => {
            seen.push(failure);
            return {};
          },
        },
      })
      .invoke('charge', shop.charge, charge)
      .build();
    const drive = new Drive(watched).start().succeeds('hold', {}).breaksContract('charge');
    drive.give({ kind: 'compensate', actor: 'ann', reason: 'stolen card', code: 'FRAUD' });
    drive.undone('charge', 'hold');
    expect(drive.status).toBe('compensated');
    expect(seen).toEqual([{ step: '', code: 'FRAUD', message: 'stolen card' }]);
  });

  it('is refused past the pivot', () => {
    const drive = new Drive(line).start().succeeds('hold', {}).succeeds('charge', {}).succeeds('commit', {});
    drive.give({ kind: 'compensate', actor: 'ann', reason: 'too late' });
    expect(drive.reason).toBe('the pivot has committed: there is no way back');
  });
});

describe('a retry with another payload', () => {
  const retryWith = (drive: Drive, step: string, data: unknown) =>
    drive.give({ kind: 'retry', actor: 'ann', reason: 'mended', correction: { step, data } });
  const throwing = {
    with: (): Record<string, unknown> => {
      throw new Error('no address');
    },
    retry,
    timeout,
  } as const;

  it('takes the place of what the author’s function could not make', () => {
    const definition = saga('x', { version: 1, input })
      .invoke('hold', shop.hold, { ...hold, ...throwing })
      .build();
    const drive = new Drive(definition).start();
    expect(drive.instance.state.parked).toMatchObject({ step: 'hold', code: 'AUTHOR_CODE_FAILED' });
    retryWith(drive, 'hold', { q: 1 });
    expect(drive.takeCommands()).toMatchObject([{ step: 'hold', data: { q: 1 } }]);
    expect(drive.instance.bodies['hold']).toEqual({ sent: { q: 1 } });
  });

  it('is held against the contract', () => {
    const definition = saga('x', { version: 1, input })
      .invoke('hold', shop.hold, { ...hold, ...throwing })
      .build();
    const drive = retryWith(new Drive(definition).start(), 'hold', 'not an object');
    expect(drive.reason).toContain("the payload for step 'hold' does not fit 'shop.hold'");
    expect(drive.status).toBe('parked');
  });

  it('takes the place of an undo’s payload', () => {
    const definition = saga('x', { version: 1, input })
      .invoke('hold', shop.hold, { ...hold, compensate: { command: shop.release, with: throwing.with } })
      .invoke('charge', shop.charge, charge)
      .build();
    const drive = new Drive(definition).start().succeeds('hold', {}).declines('charge');
    drive.takeSent();
    expect(drive.instance.state.parked).toMatchObject({ step: 'hold', from: 'compensating' });
    retryWith(drive, 'hold', { q: 2 });
    expect(drive.takeCommands()).toMatchObject([{ direction: 'undo', data: { q: 2 } }]);
    expect(drive.undone('hold').status).toBe('compensated');
  });

  it('opens a round of its own after a refusal past the pivot', () => {
    const drive = new Drive(line).start().succeeds('hold', {}).succeeds('charge', {}).succeeds('commit', {});
    drive.declines('ship').takeSent();
    retryWith(drive, 'ship', { to: 'b' });
    expect(drive.takeCommands()).toMatchObject([{ commandId: 's/ship/2/do', data: { to: 'b' } }]);
  });

  it.each([
    ['a step it is not parked for', 'hold', /not parked for step 'hold'/],
    ['a step that is not there', 'nope', /there is no step 'nope'/],
    ['a command that may have arrived', 'charge', /is dispatched/],
  ])('is refused for %s', (_, step, reason) => {
    const drive = new Drive(line).start().succeeds('hold', {}).breaksContract('charge');
    expect(retryWith(drive, step, {}).reason).toMatch(reason);
    expect(drive.status).toBe('parked');
  });
});
