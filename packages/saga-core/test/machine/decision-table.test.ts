import { describe, expect, it } from 'vitest';
import { tombstoneCommand } from '../../src/machine/effect.js';
import { maxJournalEntries, type Transition, transition } from '../../src/machine/transition.js';
import { Drive } from './drive.js';
import { charge, fork, forgetful, hold, input, line, retry, saga, shop, timeout } from './sagas.js';

const atCommit = () => new Drive(line).start().succeeds('hold', { id: 1 }).succeeds('charge', { id: 2 });
const afterCommit = () => atCommit().succeeds('commit', { id: 3 });

describe('waiting forward', () => {
  it('advances when the step succeeded', () => {
    const drive = new Drive(line).start();
    expect(drive.takeSent()).toEqual(['hold do#1']);
    expect(drive.succeeds('hold', { id: 1 }).takeSent()).toEqual(['charge do#1']);
    expect(drive.instance.bodies['hold']).toEqual({ sent: {}, output: { id: 1 } });
  });

  it('advances on the success of an earlier attempt of this round', () => {
    const drive = new Drive(line).start().after(10_000).after(1_000);
    drive.succeeds('hold', { id: 1 }, { attempt: 1 });
    expect(drive.takeSent()).toEqual(['hold do#1', 'hold do#2', 'charge do#1']);
  });

  it('compensates what succeeded when the step declined', () => {
    const drive = new Drive(line).start().succeeds('hold').declines('charge');
    expect(drive.takeSent()).toEqual(['hold do#1', 'charge do#1', 'hold undo#1']);
    expect(drive.instance.state).toMatchObject({ status: 'compensating', failure: { step: 'charge', code: 'NO', detail: { why: 'charge' } } });
    expect(drive.undone('hold').status).toBe('compensated');
  });

  it('takes a decline from an earlier attempt: it is definite', () => {
    const drive = new Drive(line).start().after(10_000).after(1_000).declines('hold', { attempt: 1 });
    expect(drive.status).toBe('compensated');
  });

  it('sends the same command again after its backoff when an attempt failed', () => {
    const drive = new Drive(line).start().fails('hold');
    const [first] = drive.takeCommands();
    expect(drive.wakeAt).toBe(1_000);
    const [second] = drive.after(1_000).takeCommands();
    expect(second).toEqual({ ...first, attempt: 2 });
    expect(drive.journal).toHaveLength(1);
  });

  it('sends the same command again after its backoff when an attempt timed out', () => {
    const drive = new Drive(line).start().after(10_000);
    expect(drive.wakeAt).toBe(11_000);
    expect(drive.after(1_000).takeSent()).toEqual(['hold do#1', 'hold do#2']);
  });

  it('does not ask the author again for what a resend carries', () => {
    let asked = 0;
    const counted = saga('x', { version: 1, input }).invoke('hold', shop.hold, { ...hold, with: () => ({ asked: (asked += 1) }) });
    const drive = new Drive(counted.build()).start().after(10_000).after(1_000);
    expect(drive.takeCommands().map(({ data }) => data)).toEqual([{ asked: 1 }, { asked: 1 }]);
  });

  it('counts the failure of an attempt that is not the present one as stale', () => {
    const drive = new Drive(line).start().after(10_000).after(1_000);
    expect(drive.fails('hold', { attempt: 1 }).reason).toBe('stale attempt');
    expect(drive.fails('hold', { attempt: 3 }).reason).toBe('stale attempt');
  });

  it('counts the failure of an attempt that already timed out as stale', () => {
    expect(new Drive(line).start().after(10_000).fails('hold', { attempt: 1 }).reason).toBe('stale attempt');
  });

  it('makes a step unknown and undoes it when its attempts are used up, by failures', () => {
    const drive = new Drive(line).start().fails('hold').after(1_000).fails('hold');
    expect(drive.takeSent()).toEqual(['hold do#1', 'hold do#2', 'hold undo#1']);
    expect(drive.instance.state.failure).toMatchObject({ step: 'hold', code: 'STEP_FAILED' });
    expect(drive.undone('hold').status).toBe('compensated');
  });

  it('makes a step unknown and undoes it when its attempts are used up, by timeouts', () => {
    const drive = new Drive(line).start().wakes(3);
    expect(drive.takeSent()).toEqual(['hold do#1', 'hold do#2', 'hold undo#1']);
    expect(drive.instance.state.failure).toMatchObject({ step: 'hold', code: 'STEP_TIMED_OUT' });
  });

  it('moves the deadline and spends no attempt while the command is still unsent', () => {
    const drive = new Drive(line).start();
    drive.unsent.add('hold');
    drive.after(10_000).after(10_000);
    expect(drive.takeSent()).toEqual(['hold do#1']);
    expect(drive.wakeAt).toBe(30_000);
    drive.unsent.clear();
    expect(drive.after(10_000).after(1_000).takeSent()).toEqual(['hold do#2']);
  });

  it('lets the saga’s own deadline rule over a command that is still unsent', () => {
    const bounded = saga('x', { version: 1, input, timeout: '15s' }).invoke('hold', shop.hold, hold).build();
    const drive = new Drive(bounded).start();
    drive.unsent.add('hold');
    drive.after(10_000).after(5_000);
    expect(drive.step('hold')).toBe('skipped');
    expect(drive.instance.state).toMatchObject({ status: 'compensated', failure: { code: 'SAGA_TIMED_OUT' } });
    expect(drive.takeSent()).toEqual([]);
  });

  it('parks with the body as evidence when a success breaks its contract', () => {
    const drive = new Drive(line).start().breaksContract('hold');
    expect(drive.instance.state.parked).toMatchObject({ step: 'hold', code: 'CONTRACT_BROKEN', from: 'running' });
    expect(drive.events.at(-1)).toMatchObject({ kind: 'sagaParked', evidence: { odd: 'hold' } });
    expect(drive.alerts).toEqual(['CONTRACT_BROKEN']);
    expect(drive.wakeAt).toBeNull();
  });

  it('gives up a step as skipped when the broker refused every attempt: nothing to undo', () => {
    const drive = new Drive(line).start().notSent('hold').after(1_000).notSent('hold');
    expect(drive.instance.state).toMatchObject({ status: 'compensated', failure: { step: 'hold', code: 'STEP_NOT_SENT' } });
    expect(drive.events).toContainEqual(expect.objectContaining({ kind: 'stepSkipped', why: 'neverDelivered' }));
    expect(drive.takeSent()).toEqual(['hold do#1', 'hold do#2']);
  });

  it('makes a step unknown when the broker refused only some of its attempts', () => {
    const drive = new Drive(line).start().fails('hold').after(1_000).notSent('hold');
    expect(drive.step('hold')).toBe('compensating');
    expect(drive.takeSent().at(-1)).toBe('hold undo#1');
  });

  it('parks rather than send a command that its participant may have forgotten', () => {
    const patient = saga('x', { version: 1, input })
      .invoke('hold', forgetful.hold, { ...hold, compensate: 'nothing to undo', retry: { attempts: 9, backoff: '61s', maxBackoff: '61s', jitter: 'none' } })
      .build();
    const drive = new Drive(patient).start().fails('hold').after(61_000);
    expect(drive.instance.state.parked).toMatchObject({ step: 'hold', code: 'COMMAND_TOO_OLD' });
    drive.verb('retry');
    expect(drive.instance.state.parked).toMatchObject({ code: 'COMMAND_TOO_OLD', at: 61_000 });
    expect(drive.takeSent()).toEqual(['hold do#1']);
    expect(drive.verb('cancel').step('hold')).toBe('compensating');
  });
});

describe('a local step', () => {
  const locals = saga('locals', { version: 1, input })
    .local('first', () => 1, { compensate: () => {}, retry })
    .local('second', () => 2, { compensate: 'nothing to undo', retry })
    .invoke('hold', shop.hold, hold)
    .pivot('commit', () => 3, { retry: { attempts: 2, backoff: '1s', jitter: 'none' } })
    .build();

  it('runs, and the next one follows in the same transaction', () => {
    const drive = new Drive(locals).start();
    expect(drive.last).toMatchObject({ effects: [{ kind: 'runLocal', step: 'first', direction: 'do' }] });
    expect(drive.local('first').last).toMatchObject({ effects: [{ kind: 'runLocal', step: 'second', direction: 'do' }] });
    expect(drive.local('second').takeSent()).toEqual(['hold do#1']);
  });

  it('is due at once, so that it runs again where the process died before it ran', () => {
    const drive = new Drive(locals).start();
    expect(drive.wakeAt).toBe(0);
    expect(drive.after(0).last).toMatchObject({ kind: 'paced', effects: [{ kind: 'runLocal', step: 'first' }] });
  });

  it('is tried again after its backoff when it failed, and declined when its attempts are used up: its transaction rolled back', () => {
    const failed = { kind: 'failed', code: 'X', message: 'deadlock' } as const;
    const drive = new Drive(locals).start().local('first').local('second', failed);
    expect(drive.wakeAt).toBe(1_000);
    drive.after(1_000).local('second', failed);
    expect(drive.step('second')).toBe('declined');
    expect(drive.last).toMatchObject({ effects: [{ kind: 'runLocal', step: 'first', direction: 'undo' }] });
    expect(drive.local('first', undefined, 'undo').status).toBe('compensated');
  });

  it('undoes what came before when it declined', () => {
    const drive = new Drive(locals).start().local('first').local('second', { kind: 'declined', code: 'NO', message: 'no' });
    expect(drive.instance.state.failure).toEqual({ step: 'second', code: 'NO', message: 'no' });
    expect(drive.step('first')).toBe('compensating');
  });

  it('is undone again when its undo failed, with a policy of its own', () => {
    const drive = new Drive(locals).start().local('first').local('second').declines('hold');
    expect(drive.events).toContainEqual({ kind: 'stepCompensated', step: 'second' });
    drive.local('first', { kind: 'failed', code: 'X', message: 'deadlock' }, 'undo');
    expect(drive.wakes().last).toMatchObject({ effects: [{ kind: 'runLocal', step: 'first', direction: 'undo' }] });
  });

  it('is parked when it is the pivot and its attempts are used up, and stands still until an operator’s retry', () => {
    const failed = { kind: 'failed', code: 'X', message: 'deadlock' } as const;
    const drive = new Drive(locals).start().local('first').local('second').succeeds('hold').local('commit', failed).after(1_000).local('commit', failed);
    expect(drive.instance.state.parked).toMatchObject({ step: 'commit', code: 'STEP_FAILED' });
    expect(drive.instance.state.steps['commit']?.pace).not.toHaveProperty('retryAt');
    expect(drive.verb('retry').last).toMatchObject({ effects: [{ kind: 'runLocal', step: 'commit', direction: 'do' }] });
    expect(drive.local('commit').status).toBe('completed');
  });

  it('reports twice: the second time is not awaited', () => {
    expect(new Drive(locals).start().local('first').local('first').reason).toBe('not awaited');
    expect(new Drive(locals).start().local('nope').reason).toBe('unknown step');
  });
});

describe('when', () => {
  const maybe = (answer: boolean) =>
    saga('maybe', { version: 1, input })
      .invoke('hold', shop.hold, { ...hold, when: () => answer })
      .invoke('charge', shop.charge, charge)
      .build();

  it('answers no: the step is skipped, and not undone', () => {
    const drive = new Drive(maybe(false)).start();
    expect(drive.takeSent()).toEqual(['charge do#1']);
    expect(drive.declines('charge').status).toBe('compensated');
    expect(drive.takeSent()).toEqual([]);
  });

  it('is asked once: its answer stands in the journal', () => {
    let asked = 0;
    const counted = saga('x', { version: 1, input })
      .invoke('hold', shop.hold, { ...hold, when: () => (asked += 1) < 0 })
      .invoke('charge', shop.charge, charge)
      .build();
    new Drive(counted).start().fails('charge').after(1_000).succeeds('charge');
    expect(asked).toBe(1);
  });
});

describe('the author’s own function', () => {
  const thrown = (): never => {
    throw new Error('no such thing');
  };
  const open = { ...hold, compensate: 'nothing to undo' } as const;

  it.each([
    ['with', saga('x', { version: 1, input }).invoke('hold', shop.hold, { ...open, with: thrown }).build()],
    ['when', saga('x', { version: 1, input }).invoke('hold', shop.hold, { ...open, when: (): boolean => thrown() }).build()],
  ])('%s throws: the instance is parked and nothing is sent', (what, definition) => {
    const drive = new Drive(definition).start();
    expect(drive.instance.state.parked).toMatchObject({ step: 'hold', code: 'AUTHOR_CODE_FAILED', message: expect.stringContaining(`'${what}'`) });
    expect(drive.takeSent()).toEqual([]);
  });

  it('throws for one branch: nothing of the whole group is sent', () => {
    const definition = saga('x', { version: 1, input })
      .parallel((branches) => branches.invoke('charge', shop.charge, charge).invoke('hold', shop.hold, { ...open, with: thrown }))
      .build();
    const drive = new Drive(definition).start();
    expect(drive.takeSent()).toEqual([]);
    expect(drive.step('charge')).toBe('pending');
  });

  it('answers what the command’s contract refuses: parked, and nothing is sent', () => {
    const drive = new Drive(saga('x', { version: 1, input }).invoke('hold', shop.hold, { ...open, with: (): never => 7 as never }).build()).start();
    expect(drive.instance.state.parked).toMatchObject({ code: 'CONTRACT_BROKEN' });
    expect(drive.takeSent()).toEqual([]);
  });

  it('answers what JSON cannot hold: parked, and nothing is sent', () => {
    const drive = new Drive(saga('x', { version: 1, input }).invoke('hold', shop.hold, { ...open, with: () => ({ at: new Date(0) }) }).build()).start();
    expect(drive.instance.state.parked).toMatchObject({ code: 'AUTHOR_CODE_FAILED', step: 'hold' });
    expect(drive.takeSent()).toEqual([]);
  });

  it('throws in a compensation: parked, no undo of the group is sent, and a retry asks again', () => {
    let broken = true;
    const compensate = { command: shop.release, with: () => (broken ? thrown() : {}) };
    const definition = saga('x', { version: 1, input }).invoke('hold', shop.hold, { ...hold, compensate }).invoke('charge', shop.charge, charge).build();
    const drive = new Drive(definition).start().succeeds('hold').declines('charge');
    expect(drive.instance.state.parked).toMatchObject({ step: 'hold', code: 'AUTHOR_CODE_FAILED', from: 'compensating' });
    broken = false;
    drive.takeSent();
    expect(drive.verb('retry').takeSent()).toEqual(['hold undo#1']);
  });

  it('throws in output: parked, and a retry asks again', () => {
    let broken = true;
    const definition = saga('x', { version: 1, input }).invoke('hold', shop.hold, hold).output(() => (broken ? thrown() : { done: true }));
    const drive = new Drive(definition).start().succeeds('hold');
    expect(drive.instance.state.parked).toMatchObject({ code: 'AUTHOR_CODE_FAILED' });
    broken = false;
    expect(drive.verb('retry').instance).toMatchObject({ output: { done: true }, state: { status: 'completed' } });
  });
});

describe('a compensation', () => {
  it('is told what was sent and answered, and why', () => {
    const seen: unknown[] = [];
    const compensate = { command: shop.release, with: ({ sent, output, failure }: { sent: unknown; output: unknown; failure: { code: string } }) => (seen.push(sent, output, failure.code), {}) };
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
    const drive = new Drive(definition).start().succeeds('one').succeeds('two').fails('three').after(1_000).fails('three');
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
    for (let round = 0; round < 20; round += 1) drive.fails('hold', { direction: 'undo' }).wakes().after(10_000).wakes();
    expect(drive.status).toBe('compensating');
    expect(drive.takeSent().filter((each) => each.startsWith('hold undo'))).toHaveLength(41);
    expect(drive.undone('hold').status).toBe('compensated');
  });

  it('is parked when its own bounded policy is used up, and goes on by a retry', () => {
    const definition = saga('x', { version: 1, input }).invoke('hold', shop.hold, { ...hold, undoRetry: retry }).invoke('charge', shop.charge, charge).build();
    const drive = new Drive(definition).start().succeeds('hold').declines('charge').wakes(3);
    expect(drive.instance.state.parked).toMatchObject({ step: 'hold', code: 'STEP_TIMED_OUT', from: 'compensating' });
    drive.takeSent();
    expect(drive.verb('retry').takeSent()).toEqual(['hold undo#3']);
    expect(drive.undone('hold').status).toBe('compensated');
  });

  it('is parked when the participant declines the undo', () => {
    const drive = new Drive(line).start().succeeds('hold').declines('charge').declines('hold', { direction: 'undo' });
    expect(drive.instance.state.parked).toMatchObject({ step: 'hold', code: 'STEP_DECLINED' });
  });

  it('does not mind the body of an undo', () => {
    expect(new Drive(line).start().succeeds('hold').declines('charge').breaksContract('hold', { direction: 'undo' }).status).toBe('compensated');
  });
});

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
    const bounded = saga('x', { version: 1, input }).invoke('hold', shop.hold, hold).pivot('commit', shop.commit, { with: () => ({}), retry, timeout }).build();
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
    expect(drive.instance.state).toMatchObject({ status: 'running', cancel: { code: 'SAGA_CANCELLED', message: 'she knows' } });
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
    expect(afterCommit().succeeds('ship', { id: 4 }).instance).toMatchObject({ output: { shipped: { id: 4 } }, state: { status: 'completed' } });
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
      .parallel((branches) => branches.invoke('slow', shop.hold, { ...hold, retry: { attempts: 3, backoff: '5s', jitter: 'none' } }).invoke('fast', shop.charge, { ...charge, retry: { attempts: 1 } }))
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

describe('an answer that comes late', () => {
  it('is a success of an unknown step: the undo and the fence settle it', () => {
    const drive = new Drive(line).start().wakes(3);
    expect(drive.succeeds('hold', {}).reason).toBe('late');
    drive.takeSent();
    expect(drive.declines('hold').reason).toBe('late');
    expect(drive.undone('hold').status).toBe('compensated');
  });

  it('contradicts a decline of the same round: parked, with an alert and the body', () => {
    const drive = new Drive(line).start().succeeds('hold').declines('charge').succeeds('charge', { odd: true });
    expect(drive.instance.state.parked).toMatchObject({ step: 'charge', code: 'CONTRADICTION' });
    expect(drive.alerts).toEqual(['CONTRADICTION']);
    expect(drive.events.at(-1)).toMatchObject({ kind: 'sagaParked', evidence: { odd: true } });
  });

  it('contradicts a command that was taken back', () => {
    const drive = new Drive(fork).start();
    drive.unsent.add('charge');
    drive.declines('hold').succeeds('charge', {});
    expect(drive.instance.state.parked).toMatchObject({ code: 'CONTRADICTION' });
  });

  it.each<[string, (drive: Drive) => Drive, string]>([
    ['of a finished saga', (drive) => drive.declines('hold').succeeds('hold'), 'finished'],
    ['of another round', (drive) => drive.succeeds('hold', {}, { round: 2 }), 'other round'],
    ['of a step that the definition lacks', (drive) => drive.succeeds('nope'), 'unknown step'],
    ['of a step that was not begun', (drive) => drive.succeeds('charge'), 'not awaited'],
    ['of a step that has succeeded', (drive) => drive.succeeds('hold').succeeds('hold'), 'not awaited'],
    ['of a decline after a decline', (drive) => drive.succeeds('hold').declines('charge').declines('charge'), 'not awaited'],
    ['of an undo that nobody asked for', (drive) => drive.undone('hold'), 'not awaited'],
    ['of the broker for a step that is not under way', (drive) => drive.succeeds('hold').notSent('hold'), 'not awaited'],
    ['of the broker for another round', (drive) => drive.notSent('hold', { round: 2 }), 'other round'],
    ['of the broker for an unknown step', (drive) => drive.notSent('nope'), 'unknown step'],
    ['of the broker between two attempts', (drive) => drive.fails('hold').notSent('hold'), 'stale attempt'],
    ['of a timer before its time', (drive) => drive.after(9_999), 'not due'],
    ['of a timer of a finished saga', (drive) => drive.declines('hold').after(99_999), 'held'],
    ['of a second start', (drive) => drive.start(), 'not awaited'],
    ['of a withdrawal that nobody asked for', (drive) => drive.give({ kind: 'withdrawn', commandIds: ['s/hold/1/do'] }), 'not awaited'],
  ])('%s is counted and changes nothing', (_, play, reason) => {
    const drive = play(new Drive(line).start());
    expect(drive.last).toEqual({ kind: 'discarded', reason });
  });
});

describe('parked', () => {
  it('keeps answers to the parked step as evidence, so many and no more', () => {
    const drive = new Drive(line).start().breaksContract('hold');
    drive.succeeds('hold', { late: 1 });
    expect(drive.events.at(-1)).toEqual({ kind: 'evidenceKept', step: 'hold', outcome: 'succeeded', body: { late: 1 } });
    for (let answer = 0; answer < 30; answer += 1) drive.declines('hold');
    expect(drive.reason).toBe('held');
    expect(drive.instance.state.evidence).toBe(20);
    expect(drive.status).toBe('parked');
  });

  it('applies answers to other steps, and holds back what follows', () => {
    const drive = new Drive(fork).start().breaksContract('hold');
    drive.takeSent();
    drive.declines('charge');
    expect(drive.step('charge')).toBe('declined');
    expect(drive.takeSent()).toEqual([]);
    expect(drive.verb('retry').takeSent()).toEqual(['hold undo#1', 'note undo#1']);
  });

  it('counts the parked step as unknown when it is cancelled before the pivot', () => {
    const drive = new Drive(line).start().succeeds('hold').breaksContract('charge');
    drive.takeSent();
    expect(drive.verb('cancel').takeSent()).toEqual(['charge undo#1']);
    expect(drive.undone('charge', 'hold').instance.state).toMatchObject({ status: 'compensated', failure: { code: 'SAGA_CANCELLED' } });
  });

  it('stops deadlines; what was left to wait is still left afterwards', () => {
    const drive = new Drive(fork).start();
    drive.now = 4_000;
    drive.breaksContract('hold');
    expect(drive.after(100_000).reason).toBe('held');
    drive.takeSent();
    expect(drive.verb('retry').takeSent()).toEqual(['hold do#2']);
    expect(drive.wakeAt).toBe(110_000);
  });

  it('does not take a verb that it does not need', () => {
    expect(new Drive(line).start().verb('retry').reason).toContain('not parked');
  });
});

describe('paused', () => {
  it('stops deadlines; they go on with the rest', () => {
    const drive = new Drive(line).start();
    drive.now = 4_000;
    drive.verb('pause');
    expect(drive.wakeAt).toBeNull();
    expect(drive.after(100_000).reason).toBe('held');
    expect(drive.verb('resume').wakeAt).toBe(110_000);
    expect(drive.takeSent()).toEqual(['hold do#1']);
  });

  it('applies replies and holds back what follows', () => {
    const drive = new Drive(line).start().verb('pause').succeeds('hold', { id: 1 });
    expect(drive.step('hold')).toBe('succeeded');
    expect(drive.takeSent()).toEqual(['hold do#1']);
    expect(drive.verb('resume').takeSent()).toEqual(['charge do#1']);
  });

  it('records a cancel and undoes after the resume', () => {
    const drive = new Drive(line).start().verb('pause').verb('cancel');
    drive.takeSent();
    expect(drive.status).toBe('running');
    expect(drive.verb('resume').takeSent()).toEqual(['hold undo#1']);
  });

  it('counts no moment twice where it is parked too', () => {
    const drive = new Drive(fork).start();
    drive.now = 1_000;
    drive.breaksContract('hold');
    drive.now = 2_000;
    drive.verb('pause');
    drive.now = 5_000;
    drive.verb('retry');
    drive.now = 7_000;
    drive.verb('resume');
    expect(drive.instance.state.steps['charge']?.pace?.deadlineAt).toBe(16_000);
  });

  it('is refused twice, and so is a resume', () => {
    expect(new Drive(line).start().verb('pause').verb('pause').reason).toContain('paused already');
    expect(new Drive(line).start().verb('resume').reason).toContain('not paused');
    expect(new Drive(line).start().declines('hold').verb('pause').reason).toContain('compensated');
  });
});

describe('cancel', () => {
  it('makes dispatched steps unknown and compensates', () => {
    const drive = new Drive(line).start().succeeds('hold').verb('cancel');
    expect(drive.takeSent().at(-1)).toBe('charge undo#1');
    expect(drive.instance.state.failure).toEqual({ step: '', code: 'SAGA_CANCELLED', message: 'she knows' });
    expect(drive.journal.at(-2)?.cause).toEqual({ kind: 'cancel', actor: 'ann', reason: 'she knows' });
  });

  it('is a no-op while compensating, and refused when it is over', () => {
    expect(new Drive(line).start().verb('cancel').verb('cancel').last).toEqual({ kind: 'discarded', reason: 'already compensating' });
    expect(new Drive(line).start().declines('hold').verb('cancel').last).toMatchObject({ kind: 'refused' });
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
    expect(drive.instance.state).toMatchObject({ status: 'compensating', failure: { step: '', code: 'SAGA_TIMED_OUT' } });
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

describe('the journal', () => {
  it('is full: the instance is parked, with what was decided last', () => {
    const { instance } = new Drive(line).start();
    const next = (seq: number): Transition =>
      transition(line, { ...instance, seq }, { kind: 'replied', step: 'hold', round: 1, direction: 'do', attempt: 1, outcome: { kind: 'succeeded' } }, 0);
    expect(next(maxJournalEntries - 2)).toMatchObject({ instance: { seq: maxJournalEntries - 1, state: { status: 'running' } } });
    expect(next(maxJournalEntries - 1)).toMatchObject({
      instance: { seq: maxJournalEntries, state: { status: 'parked', parked: { code: 'JOURNAL_FULL' } } },
      entry: { events: expect.arrayContaining([expect.objectContaining({ kind: 'stepSucceeded' })]) },
    });
  });

  it('names the cause of each entry without its bodies', () => {
    const drive = new Drive(line).start().succeeds('hold', { secret: 1 }).fails('charge').after(1_000).declines('charge');
    expect(drive.journal.map(({ seq, at, cause }) => ({ seq, at, ...cause }))).toEqual([
      { seq: 1, at: 0, kind: 'started' },
      { seq: 2, at: 0, kind: 'do succeeded', step: 'hold', attempt: 1 },
      { seq: 3, at: 1_000, kind: 'do declined', step: 'charge', attempt: 2 },
    ]);
  });
});
