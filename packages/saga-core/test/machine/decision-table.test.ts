import { describe, expect, it } from 'vitest';
import { maxJournalEntries, type Transition, transition } from '../../src/machine/transition.js';
import { Drive } from './drive.js';
import { forgetful, fork, hold, input, line, saga, shop } from './sagas.js';

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
    expect(drive.instance.state).toMatchObject({
      status: 'compensating',
      failure: { step: 'charge', code: 'NO', detail: { why: 'charge' } },
    });
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
    const ask = () => {
      asked += 1;
      return { asked };
    };
    const counted = saga('x', { version: 1, input }).invoke('hold', shop.hold, { ...hold, with: ask });
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
    expect(drive.instance.state).toMatchObject({
      status: 'compensated',
      failure: { step: 'hold', code: 'STEP_NOT_SENT' },
    });
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
      .invoke('hold', forgetful.hold, {
        ...hold,
        compensate: 'nothing to undo',
        retry: { attempts: 9, backoff: '61s', maxBackoff: '61s', jitter: 'none' },
      })
      .build();
    const drive = new Drive(patient).start().fails('hold').after(61_000);
    expect(drive.instance.state.parked).toMatchObject({ step: 'hold', code: 'COMMAND_TOO_OLD' });
    drive.verb('retry');
    expect(drive.instance.state.parked).toMatchObject({ code: 'COMMAND_TOO_OLD', at: 61_000 });
    expect(drive.takeSent()).toEqual(['hold do#1']);
    expect(drive.verb('cancel').step('hold')).toBe('compensating');
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
    [
      'of a decline after a decline',
      (drive) => drive.succeeds('hold').declines('charge').declines('charge'),
      'not awaited',
    ],
    ['of an undo that nobody asked for', (drive) => drive.undone('hold'), 'not awaited'],
    [
      'of the broker for a step that is not under way',
      (drive) => drive.succeeds('hold').notSent('hold'),
      'not awaited',
    ],
    ['of the broker for another round', (drive) => drive.notSent('hold', { round: 2 }), 'other round'],
    ['of the broker for an unknown step', (drive) => drive.notSent('nope'), 'unknown step'],
    ['of the broker between two attempts', (drive) => drive.fails('hold').notSent('hold'), 'stale attempt'],
    ['of a timer before its time', (drive) => drive.after(9_999), 'not due'],
    ['of a timer of a finished saga', (drive) => drive.declines('hold').after(99_999), 'held'],
    ['of a second start', (drive) => drive.start(), 'not awaited'],
    [
      'of a withdrawal that nobody asked for',
      (drive) => drive.give({ kind: 'withdrawn', commandIds: ['s/hold/1/do'] }),
      'not awaited',
    ],
  ])('%s is counted and changes nothing', (_, play, reason) => {
    const drive = play(new Drive(line).start());
    expect(drive.last).toEqual({ kind: 'discarded', reason });
  });
});

describe('the journal', () => {
  it('is full: the instance is parked, with what was decided last', () => {
    const { instance } = new Drive(line).start();
    const next = (seq: number): Transition =>
      transition(
        line,
        { ...instance, seq },
        { kind: 'replied', step: 'hold', round: 1, direction: 'do', attempt: 1, outcome: { kind: 'succeeded' } },
        0,
      );
    expect(next(maxJournalEntries - 2)).toMatchObject({
      instance: { seq: maxJournalEntries - 1, state: { status: 'running' } },
    });
    expect(next(maxJournalEntries - 1)).toMatchObject({
      instance: { seq: maxJournalEntries, state: { status: 'parked', parked: { code: 'JOURNAL_FULL' } } },
      entry: { events: expect.arrayContaining([expect.objectContaining({ kind: 'stepSucceeded' })]) },
    });
  });

  it('names the cause of each entry without its bodies', () => {
    const drive = new Drive(line)
      .start()
      .succeeds('hold', { secret: 1 })
      .fails('charge')
      .after(1_000)
      .declines('charge');
    expect(drive.journal.map(({ seq, at, cause }) => ({ seq, at, ...cause }))).toEqual([
      { seq: 1, at: 0, kind: 'started' },
      { seq: 2, at: 0, kind: 'do succeeded', step: 'hold', attempt: 1 },
      { seq: 3, at: 1_000, kind: 'do declined', step: 'charge', attempt: 2 },
    ]);
  });
});
