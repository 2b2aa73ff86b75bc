import { describe, expect, it } from 'vitest';
import { Drive } from './drive.js';
import { hold, input, line, retry, saga, shop, timeout } from './sagas.js';

const atCommit = () => new Drive(line).start().succeeds('hold', { id: 1 }).succeeds('charge', { id: 2 });
const afterCommit = () => atCommit().succeeds('commit', { id: 3 });

describe('waiting for the pivot', () => {
  it('compensates what came before when it declined', () => {
    const drive = atCommit();
    drive.takeSent();
    expect(drive.declines('commit').takeSent()).toEqual(['charge undo#1']);
    expect(drive.undone('charge', 'hold').status).toBe('compensated');
  });

  it('is tried again with capped backoff, for ever, and never undone while it is unknown', () => {
    const drive = atCommit();
    drive.takeSent();
    const waits: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      drive.after(10_000);
      waits.push((drive.wakeAt ?? 0) - drive.now);
      drive.wakes();
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 4_000, 4_000, 4_000, 4_000, 4_000, 4_000, 4_000]);
    expect(drive.takeSent()).toEqual(Array.from({ length: 10 }, (_, index) => `commit do#${index + 2}`));
    expect(drive.status).toBe('running');
  });

  it.each(['fails', 'times out'])('is parked, not undone, where its own bounded policy is used up: it %s', (how) => {
    const bounded = saga('x', { version: 1, input })
      .invoke('hold', shop.hold, hold)
      .pivot('commit', shop.commit, { with: () => ({}), retry, timeout })
      .build();
    const drive = new Drive(bounded).start().succeeds('hold');
    for (let round = 0; round < 2; round += 1) {
      if (how === 'fails') drive.fails('commit');
      else drive.after(10_000);
      drive.wakes();
    }
    expect(drive.instance.state.parked).toMatchObject({ step: 'commit' });
    expect(drive.takeSent()).toEqual(['hold do#1', 'commit do#1', 'commit do#2']);
  });

  it('records a cancel, and applies it when the pivot declines', () => {
    const drive = atCommit().verb('cancel');
    expect(drive.instance.state).toMatchObject({
      status: 'running',
      cancel: { code: 'SAGA_CANCELLED', message: 'she knows' },
    });
    drive.takeSent();
    expect(drive.declines('commit').takeSent()).toEqual(['charge undo#1']);
  });

  it('records a cancel, and refuses it when the pivot succeeds', () => {
    const drive = atCommit().verb('cancel').succeeds('commit', {}).succeeds('ship', {});
    expect(drive.status).toBe('completed');
    expect(drive.takeSent().filter((each) => each.includes('undo'))).toEqual([]);
  });

  it('records a cancel while the pivot is parked, and leaves it parked', () => {
    const drive = atCommit().breaksContract('commit').verb('cancel');
    expect(drive.instance.state).toMatchObject({ status: 'parked', cancel: { code: 'SAGA_CANCELLED' } });
  });
});

describe('after the pivot', () => {
  it('parks when a step declines, and opens a new round by a retry: the last one had no effect', () => {
    const drive = afterCommit().declines('ship');
    expect(drive.instance.state.parked).toMatchObject({ step: 'ship', code: 'STEP_DECLINED' });
    drive.takeSent();
    const [again] = drive.verb('retry').takeCommands();
    expect(again).toMatchObject({ step: 'ship', round: 2, attempt: 1, commandId: 's/ship/2/do' });
    expect(drive.succeeds('ship', {}, { round: 1 }).reason).toBe('other round');
    expect(drive.succeeds('ship', {}, { round: 2 }).status).toBe('completed');
  });

  it('tries a step for ever', () => {
    const drive = afterCommit().wakes(40);
    expect(drive.status).toBe('running');
    expect(drive.takeSent()).toHaveLength(3 + 21);
  });

  it('refuses a cancel', () => {
    expect(afterCommit().verb('cancel').last).toEqual({ kind: 'refused', reason: expect.stringContaining('pivot') });
  });

  it('completes with its output', () => {
    expect(afterCommit().succeeds('ship', { id: 4 }).instance).toMatchObject({
      output: { shipped: { id: 4 } },
      state: { status: 'completed' },
    });
  });
});

describe('the saga’s own deadline', () => {
  const bounded = saga('bounded', { version: 1, input, timeout: '25s' })
    .invoke('hold', shop.hold, { ...hold, timeout: '1h' })
    .pivot('commit', shop.commit, { with: () => ({}), timeout: '1h' })
    .invoke('ship', shop.ship, { with: () => ({}), timeout: '1h' })
    .build();

  it('undoes it before the pivot', () => {
    const drive = new Drive(bounded).start();
    expect(drive.wakeAt).toBe(25_000);
    drive.after(25_000);
    expect(drive.instance.state).toMatchObject({
      status: 'compensating',
      failure: { step: '', code: 'SAGA_TIMED_OUT' },
    });
    expect(drive.takeSent()).toEqual(['hold do#1', 'hold undo#1']);
  });

  it('waits for the pivot’s answer', () => {
    const drive = new Drive(bounded).start().succeeds('hold').after(25_000);
    expect(drive.instance.state.cancel).toMatchObject({ code: 'SAGA_TIMED_OUT' });
    expect(drive.wakeAt).toBe(3_600_000);
    expect(drive.declines('commit').step('hold')).toBe('compensating');
  });

  it('has no say after the pivot, and does not wake the instance again and again', () => {
    const drive = new Drive(bounded).start().succeeds('hold').succeeds('commit').after(25_000);
    expect(drive.status).toBe('running');
    expect(drive.wakeAt).toBe(3_600_000);
    expect(drive.succeeds('ship').status).toBe('completed');
  });

  it('stands still while the instance is paused', () => {
    const drive = new Drive(bounded).start();
    drive.now = 10_000;
    drive.verb('pause');
    drive.now = 100_000;
    expect(drive.verb('resume').wakeAt).toBe(115_000);
  });
});
