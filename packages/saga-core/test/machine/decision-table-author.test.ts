import { describe, expect, it } from 'vitest';
import { Drive } from './drive.js';
import { charge, hold, input, retry, saga, shop } from './sagas.js';

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
    const no = () => {
      asked += 1;
      return asked < 0;
    };
    const counted = saga('x', { version: 1, input })
      .invoke('hold', shop.hold, { ...hold, when: no })
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
    [
      'with',
      saga('x', { version: 1, input })
        .invoke('hold', shop.hold, { ...open, with: thrown })
        .build(),
    ],
    [
      'when',
      saga('x', { version: 1, input })
        .invoke('hold', shop.hold, { ...open, when: (): boolean => thrown() })
        .build(),
    ],
    [
      'when',
      saga('x', { version: 1, input })
        .invoke('hold', shop.hold, { ...open, when: (async () => thrown()) as never })
        .build(),
    ],
    [
      'with',
      saga('x', { version: 1, input })
        .invoke('hold', shop.hold, { ...open, with: (async () => thrown()) as never })
        .build(),
    ],
  ])('%s throws, or is async: the instance is parked and nothing is sent', (what, definition) => {
    const drive = new Drive(definition).start();
    expect(drive.instance.state.parked).toMatchObject({
      step: 'hold',
      code: 'AUTHOR_CODE_FAILED',
      message: expect.stringContaining(`'${what}'`),
    });
    expect(drive.takeSent()).toEqual([]);
  });

  it('throws for one branch: nothing of the whole group is sent', () => {
    const definition = saga('x', { version: 1, input })
      .parallel((branches) =>
        branches.invoke('charge', shop.charge, charge).invoke('hold', shop.hold, { ...open, with: thrown }),
      )
      .build();
    const drive = new Drive(definition).start();
    expect(drive.takeSent()).toEqual([]);
    expect(drive.step('charge')).toBe('pending');
  });

  it('answers what the command’s contract refuses: parked, and nothing is sent', () => {
    const drive = new Drive(
      saga('x', { version: 1, input })
        .invoke('hold', shop.hold, { ...open, with: (): never => 7 as never })
        .build(),
    ).start();
    expect(drive.instance.state.parked).toMatchObject({ code: 'CONTRACT_BROKEN' });
    expect(drive.takeSent()).toEqual([]);
  });

  it('answers what JSON cannot hold: parked, and nothing is sent', () => {
    const drive = new Drive(
      saga('x', { version: 1, input })
        .invoke('hold', shop.hold, { ...open, with: () => ({ at: new Date(0) }) })
        .build(),
    ).start();
    expect(drive.instance.state.parked).toMatchObject({ code: 'AUTHOR_CODE_FAILED', step: 'hold' });
    expect(drive.takeSent()).toEqual([]);
  });

  it('throws in a compensation: parked, no undo of the group is sent, and a retry asks again', () => {
    let broken = true;
    const compensate = { command: shop.release, with: () => (broken ? thrown() : {}) };
    const definition = saga('x', { version: 1, input })
      .invoke('hold', shop.hold, { ...hold, compensate })
      .invoke('charge', shop.charge, charge)
      .build();
    const drive = new Drive(definition).start().succeeds('hold').declines('charge');
    expect(drive.instance.state.parked).toMatchObject({
      step: 'hold',
      code: 'AUTHOR_CODE_FAILED',
      from: 'compensating',
    });
    broken = false;
    drive.takeSent();
    expect(drive.verb('retry').takeSent()).toEqual(['hold undo#1']);
  });

  it('throws in the compensation of an unknown step: nothing before it is undone either', () => {
    const compensate = { command: shop.refund, with: () => thrown() };
    const definition = saga('x', { version: 1, input })
      .invoke('hold', shop.hold, hold)
      .invoke('charge', shop.charge, { ...charge, compensate })
      .build();
    const drive = new Drive(definition).start().succeeds('hold').wakes(3);
    expect(drive.instance.state.parked).toMatchObject({ step: 'charge', code: 'AUTHOR_CODE_FAILED' });
    expect(drive.takeSent().filter((each) => each.includes('undo'))).toEqual([]);
    expect(drive.step('hold')).toBe('succeeded');
  });

  it('throws in output: parked, and a retry asks again', () => {
    let broken = true;
    const definition = saga('x', { version: 1, input })
      .invoke('hold', shop.hold, hold)
      .output(() => (broken ? thrown() : { done: true }));
    const drive = new Drive(definition).start().succeeds('hold');
    expect(drive.instance.state.parked).toMatchObject({ code: 'AUTHOR_CODE_FAILED' });
    broken = false;
    expect(drive.verb('retry').instance).toMatchObject({ output: { done: true }, state: { status: 'completed' } });
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
    expect(drive.local('first').last).toMatchObject({
      effects: [{ kind: 'runLocal', step: 'second', direction: 'do' }],
    });
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
    const drive = new Drive(locals)
      .start()
      .local('first')
      .local('second', { kind: 'declined', code: 'NO', message: 'no' });
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
    const drive = new Drive(locals)
      .start()
      .local('first')
      .local('second')
      .succeeds('hold')
      .local('commit', failed)
      .after(1_000)
      .local('commit', failed);
    expect(drive.instance.state.parked).toMatchObject({ step: 'commit', code: 'STEP_FAILED' });
    expect(drive.instance.state.steps['commit']?.pace).not.toHaveProperty('retryAt');
    expect(drive.verb('retry').last).toMatchObject({
      effects: [{ kind: 'runLocal', step: 'commit', direction: 'do' }],
    });
    expect(drive.local('commit').status).toBe('completed');
  });

  it('reports twice: the second time is not awaited', () => {
    expect(new Drive(locals).start().local('first').local('first').reason).toBe('not awaited');
    expect(new Drive(locals).start().local('nope').reason).toBe('unknown step');
  });
});
