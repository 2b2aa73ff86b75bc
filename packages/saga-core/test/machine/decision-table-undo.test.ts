import { describe, expect, it } from 'vitest';
import { tombstoneCommand } from '../../src/machine/effect.js';
import { Drive } from './drive.js';
import { charge, fork, hold, input, line, retry, saga, shop } from './sagas.js';

describe('a compensation', () => {
  it('says what is known: that a step took effect, not that an unknown one did', () => {
    const drive = new Drive(line).start().succeeds('hold', {});
    drive.fails('charge').after(1_000).fails('charge');
    drive.undone('charge');
    const undos = drive.takeCommands().filter(({ direction }) => direction === 'undo');
    expect(undos.map(({ step, isDone = false }) => [step, isDone])).toEqual([
      ['charge', false],
      ['hold', true],
    ]);
    drive.fails('hold', { direction: 'undo' }).wakes();
    expect(drive.takeCommands()).toMatchObject([{ step: 'hold', attempt: 2, isDone: true }]);
  });

  it('is told what was sent and answered, and why', () => {
    const seen: unknown[] = [];
    const compensate = {
      command: shop.release,
      with: ({ sent, output, failure }: { sent: unknown; output: unknown; failure: { code: string } }) => {
        seen.push(sent, output, failure.code);
        return {};
      },
    };
    const definition = saga('x', { version: 1, input })
      .invoke('hold', shop.hold, { ...hold, with: () => ({ q: 1 }), compensate })
      .invoke('charge', shop.charge, charge)
      .build();
    new Drive(definition).start().succeeds('hold', { id: 1 }).declines('charge');
    expect(seen).toEqual([{ q: 1 }, { id: 1 }, 'NO']);
  });

  it('takes a command back that is still unsent: the step is skipped', () => {
    const drive = new Drive(fork).start();
    drive.unsent.add('charge');
    drive.declines('hold');
    expect(drive.step('charge')).toBe('skipped');
    expect(drive.takeSent()).toEqual(['hold do#1', 'note do#1', 'note undo#1']);
  });

  it('does not ask a command back that was sent before: an earlier copy may have arrived', () => {
    const drive = new Drive(fork).start().fails('charge').after(1_000);
    drive.unsent.add('charge');
    drive.declines('hold');
    expect(drive.step('charge')).toBe('compensating');
  });

  it('undoes unknown steps first, then the rest in reverse', () => {
    const definition = saga('x', { version: 1, input })
      .invoke('one', shop.hold, hold)
      .invoke('two', shop.hold, hold)
      .invoke('three', shop.charge, charge)
      .build();
    const drive = new Drive(definition)
      .start()
      .succeeds('one')
      .succeeds('two')
      .fails('three')
      .after(1_000)
      .fails('three');
    drive.takeSent();
    expect(drive.undone('three').takeSent()).toEqual(['two undo#1']);
    expect(drive.undone('two').takeSent()).toEqual(['one undo#1']);
    expect(drive.undone('one').status).toBe('compensated');
  });

  it('undoes the branches of a group side by side, and what came before only after all of them', () => {
    const definition = saga('x', { version: 1, input })
      .invoke('before', shop.hold, hold)
      .parallel((branches) => branches.invoke('hold', shop.hold, hold).invoke('charge', shop.charge, charge))
      .invoke('last', shop.hold, hold)
      .build();
    const drive = new Drive(definition).start().succeeds('before').succeeds('hold').succeeds('charge').declines('last');
    expect(drive.takeSent().slice(-2)).toEqual(['hold undo#1', 'charge undo#1']);
    expect(drive.undone('charge').takeSent()).toEqual([]);
    expect(drive.undone('hold').takeSent()).toEqual(['before undo#1']);
  });

  it('sends a tombstone where a step with nothing to undo is unknown, and nothing where it succeeded', () => {
    const drive = new Drive(fork).start();
    drive.takeSent();
    const [, undo] = drive.declines('hold').takeCommands();
    expect(undo).toMatchObject({ step: 'note', command: tombstoneCommand, direction: 'undo', participant: 'shop' });
    const other = new Drive(fork).start().succeeds('note').declines('hold');
    expect(other.takeSent().at(-1)).toBe('charge undo#1');
    expect(other.undone('charge').step('note')).toBe('compensated');
  });

  it('is tried for ever with capped backoff when it fails or is not answered', () => {
    const drive = new Drive(line).start().succeeds('hold').declines('charge');
    for (let round = 0; round < 20; round += 1)
      drive.fails('hold', { direction: 'undo' }).wakes().after(10_000).wakes();
    expect(drive.status).toBe('compensating');
    expect(drive.takeSent().filter((each) => each.startsWith('hold undo'))).toHaveLength(41);
    expect(drive.undone('hold').status).toBe('compensated');
  });

  it('is parked when its own bounded policy is used up, and goes on by a retry', () => {
    const definition = saga('x', { version: 1, input })
      .invoke('hold', shop.hold, { ...hold, undoRetry: retry })
      .invoke('charge', shop.charge, charge)
      .build();
    const drive = new Drive(definition).start().succeeds('hold').declines('charge').wakes(3);
    expect(drive.instance.state.parked).toMatchObject({ step: 'hold', code: 'STEP_TIMED_OUT', from: 'compensating' });
    drive.takeSent();
    expect(drive.verb('retry').takeSent()).toEqual(['hold undo#3']);
    // The policy counts afresh from the operator's word.
    expect(drive.wakes(2).takeSent()).toEqual(['hold undo#4']);
    expect(drive.wakes().status).toBe('parked');
    expect(drive.verb('retry').undone('hold').status).toBe('compensated');
  });

  it('is parked when the participant declines the undo', () => {
    const drive = new Drive(line).start().succeeds('hold').declines('charge').declines('hold', { direction: 'undo' });
    expect(drive.instance.state.parked).toMatchObject({ step: 'hold', code: 'STEP_DECLINED' });
  });

  it('does not mind the body of an undo', () => {
    expect(
      new Drive(line).start().succeeds('hold').declines('charge').breaksContract('hold', { direction: 'undo' }).status,
    ).toBe('compensated');
  });
});

describe('a parallel group', () => {
  it('goes on when every branch has succeeded', () => {
    expect(new Drive(fork).start().succeeds('note').succeeds('hold').status).toBe('running');
    expect(new Drive(fork).start().succeeds('note').succeeds('hold').succeeds('charge').status).toBe('completed');
  });

  it('makes dispatched siblings unknown and undoes them at once when a branch declines', () => {
    const drive = new Drive(fork).start().succeeds('charge');
    drive.takeSent();
    expect(drive.declines('hold').takeSent()).toEqual(['note undo#1']);
    expect(drive.undone('note').takeSent()).toEqual(['charge undo#1']);
  });

  it('makes dispatched siblings unknown when a branch has used up its attempts', () => {
    const drive = new Drive(fork).start().fails('hold').after(1_000).fails('hold');
    expect(drive.takeSent().slice(-3)).toEqual(['hold undo#1', 'charge undo#1', 'note undo#1']);
  });

  it('does not send a sibling again in the moment in which a branch gives up', () => {
    const definition = saga('x', { version: 1, input })
      .parallel((branches) =>
        branches
          .invoke('slow', shop.hold, { ...hold, retry: { attempts: 3, backoff: '5s', jitter: 'none' } })
          .invoke('fast', shop.charge, { ...charge, retry: { attempts: 1 } }),
      )
      .build();
    const drive = new Drive(definition).start();
    drive.now = 5_000;
    drive.fails('slow').takeSent();
    expect(drive.after(5_000).takeSent()).toEqual(['slow undo#1', 'fast undo#1']);
  });

  it('skips a sibling that the broker never took', () => {
    const drive = new Drive(fork).start().notSent('charge').declines('hold');
    expect(drive.step('charge')).toBe('skipped');
    expect(drive.takeSent().at(-1)).toBe('note undo#1');
  });

  it('keeps the first failure as the reason', () => {
    const drive = new Drive(fork).start().verb('pause').declines('charge').declines('hold').verb('resume');
    expect(drive.instance.state.failure).toMatchObject({ step: 'charge' });
  });
});
