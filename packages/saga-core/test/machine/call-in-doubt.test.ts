import { describe, expect, it } from 'vitest';
import type { LocalOutcome } from '../../src/machine/saga-input.js';
import { Drive } from './drive.js';
import { input, retry, saga } from './sagas.js';

const paying = saga('paying', { version: 1, input })
  .call('pay', async () => ({ id: 'p1' }), { compensate: async () => {}, retry })
  .build();
const afterPivot = saga('after-pivot', { version: 1, input })
  .pivot('book', () => ({ booked: true }))
  .call('pay', async () => ({ id: 'p1' }))
  .build();

const declined: LocalOutcome = { kind: 'declined', code: 'PAID_ALREADY', message: 'paid already' };
const failed: LocalOutcome = { kind: 'failed', code: 'E', message: '504' };

function comesBack(drive: Drive, attempt: number, outcome: LocalOutcome): Drive {
  return drive.give({ kind: 'callFinished', step: 'pay', round: 1, direction: 'do', attempt, outcome });
}

describe('a call that is declined', () => {
  it('at its first attempt had no effect', () => {
    const drive = comesBack(new Drive(paying).start(), 1, declined);
    expect(drive.step('pay')).toBe('declined');
    expect(drive.status).toBe('compensated');
  });

  it('counts only where its attempt is the one under way', () => {
    const drive = new Drive(paying).start();
    comesBack(drive.wakes(2), 1, declined);
    expect(drive.reason).toBe('stale attempt');
    expect(drive.step('pay')).toBe('dispatched');
  });

  it('after an attempt that may have taken effect is undone, for the reason that it gave', () => {
    const drive = comesBack(comesBack(new Drive(paying).start(), 1, failed).wakes(), 2, declined);
    expect(drive.step('pay')).toBe('compensating');
    expect(drive.instance.state.failure).toMatchObject({ step: 'pay', code: 'PAID_ALREADY' });
  });

  it('behind the pivot, after an attempt that may have taken effect, is for a person to settle', () => {
    const drive = comesBack(comesBack(new Drive(afterPivot).start().local('book'), 1, failed).wakes(), 2, declined);
    expect(drive.instance.state.parked).toMatchObject({ step: 'pay', code: 'STEP_DECLINED' });
    expect(drive.step('pay')).toBe('dispatched');
    drive.give({ kind: 'resolve', step: 'pay', outcome: { kind: 'succeeded' }, actor: 'ann', reason: 'it was paid' });
    expect(drive.status).toBe('completed');
  });
});

describe('a call that took effect after its undo had begun', () => {
  it('is undone once more; while the instance is paused, as soon as it goes on', () => {
    const drive = new Drive(paying).start().verb('cancel').wakes();
    expect(drive.step('pay')).toBe('compensating');
    comesBack(drive.verb('pause'), 1, { kind: 'succeeded', output: { id: 'p1' } });
    expect(drive.last).toMatchObject({ kind: 'moved', effects: [] });
    drive.verb('resume').wakes();
    expect(drive.last).toMatchObject({ effects: [{ kind: 'startCall', direction: 'undo', attempt: 2 }] });
    const outcome = { kind: 'succeeded' } as const;
    drive.give({ kind: 'callFinished', step: 'pay', round: 1, direction: 'undo', attempt: 2, outcome });
    expect(drive.status).toBe('compensated');
  });

  it('is not taken for undone by the answer of an undo that had begun before it', () => {
    const undone = (drive: Drive, attempt: number) =>
      drive.give({
        kind: 'callFinished',
        step: 'pay',
        round: 1,
        direction: 'undo',
        attempt,
        outcome: { kind: 'succeeded' },
      });
    const drive = new Drive(paying).start().verb('cancel').wakes();
    comesBack(drive, 1, { kind: 'succeeded', output: { id: 'p1' } });
    expect(drive.last).toMatchObject({ effects: [{ kind: 'startCall', direction: 'undo', attempt: 2 }] });
    expect(undone(drive, 1).reason).toBe('stale attempt');
    expect(drive.step('pay')).toBe('compensating');
    expect(undone(drive, 2).status).toBe('compensated');
  });
});
