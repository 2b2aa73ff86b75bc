import { describe, expect, it } from 'vitest';
import { Drive } from './drive.js';
import { fork, line } from './sagas.js';

describe('parked', () => {
  it('keeps answers to the parked step as evidence, so many and no more', () => {
    const drive = new Drive(line).start().breaksContract('hold');
    drive.succeeds('hold', { late: 1 });
    expect(drive.events.at(-1)).toEqual({
      kind: 'evidenceKept',
      step: 'hold',
      outcome: 'succeeded',
      body: { late: 1 },
    });
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
    expect(drive.undone('charge', 'hold').instance.state).toMatchObject({
      status: 'compensated',
      failure: { code: 'SAGA_CANCELLED' },
    });
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
    expect(new Drive(line).start().verb('cancel').verb('cancel').last).toEqual({
      kind: 'discarded',
      reason: 'already compensating',
    });
    expect(new Drive(line).start().declines('hold').verb('cancel').last).toMatchObject({ kind: 'refused' });
  });
});
