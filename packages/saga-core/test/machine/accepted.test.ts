import { describe, expect, it } from 'vitest';
import { Drive } from './drive.js';
import { charge, fork, hold, input, line, retry, saga, shop } from './sagas.js';

const slow = saga('slow', { version: 1, input })
  .invoke('hold', shop.hold, { ...hold, acceptedTimeout: '1m' })
  .invoke('charge', shop.charge, charge)
  .build();

describe('a command that its participant has accepted', () => {
  it('is given more time, from acceptance to acceptance, and nothing is journalled', () => {
    const drive = new Drive(slow).start();
    drive.now = 9_000;
    drive.accepts('hold');
    expect(drive.last?.kind).toBe('paced');
    expect(drive.wakeAt).toBe(69_000);
    drive.now = 60_000;
    expect(drive.accepts('hold').wakeAt).toBe(120_000);
    expect(drive.journal).toHaveLength(1);
    expect(drive.takeSent()).toEqual(['hold do#1']);
    expect(drive.succeeds('hold', { id: 1 }).takeSent()).toEqual(['charge do#1']);
  });

  it('may stay silent as long as an attempt where the author says nothing else', () => {
    const drive = new Drive(line).start();
    drive.now = 5_000;
    expect(drive.accepts('hold').wakeAt).toBe(15_000);
  });

  it('that is not heard of in time has timed out, and is sent again', () => {
    const drive = new Drive(slow).start().accepts('hold').after(60_000).after(1_000);
    expect(drive.takeSent()).toEqual(['hold do#1', 'hold do#2']);
    expect(drive.wakeAt).toBe(71_000);
    expect(drive.accepts('hold').wakeAt).toBe(121_000);
  });

  it('is unknown once its attempts are used up, and is undone', () => {
    const drive = new Drive(slow).start().accepts('hold').after(60_000).after(1_000).accepts('hold').after(60_000);
    expect(drive.step('hold')).toBe('compensating');
    expect(drive.instance.state.failure).toMatchObject({
      code: 'STEP_TIMED_OUT',
      message: "attempt 2 of 'hold' was not heard of for 60000 ms",
    });
    expect(drive.takeSent()).toEqual(['hold do#1', 'hold do#2', 'hold undo#1']);
  });

  it('succeeds or declines later, by whatever attempt', () => {
    const late = new Drive(slow).start().accepts('hold').after(60_000).after(1_000);
    expect(late.succeeds('hold', {}, { attempt: 1 }).step('hold')).toBe('succeeded');
    expect(new Drive(slow).start().accepts('hold').declines('hold').status).toBe('compensated');
  });

  it('fails later, and then the next attempt runs', () => {
    const drive = new Drive(slow).start().accepts('hold').fails('hold');
    expect(drive.accepts('hold').reason).toBe('stale attempt');
    expect(drive.after(1_000).takeSent()).toEqual(['hold do#1', 'hold do#2']);
  });

  it('is followed by its undo when a sibling fails', () => {
    const drive = new Drive(fork).start().accepts('hold').declines('charge');
    expect(drive.step('hold')).toBe('compensating');
    expect(drive.accepts('hold').reason).toBe('late');
  });

  it('is not given more time by what an earlier attempt or round says', () => {
    const drive = new Drive(slow).start().after(10_000);
    expect(drive.accepts('hold').reason).toBe('stale attempt');
    drive.after(1_000);
    expect(drive.accepts('hold', { attempt: 1 }).reason).toBe('stale attempt');
    expect(drive.accepts('hold', { round: 2 }).reason).toBe('other round');
    expect(drive.succeeds('hold').accepts('hold').reason).toBe('not awaited');
    expect(drive.accepts('charge', { round: 1, attempt: 2 }).reason).toBe('stale attempt');
    expect(drive.succeeds('charge').accepts('hold').reason).toBe('finished');
  });

  it('loses no time to a pause: all of its silence is left behind it', () => {
    const drive = new Drive(slow).start().accepts('hold');
    drive.now = 30_000;
    drive.verb('pause');
    drive.now = 500_000;
    expect(drive.accepts('hold').wakeAt).toBeNull();
    drive.now = 600_000;
    expect(drive.verb('resume').wakeAt).toBe(660_000);
  });
});

describe('an undo that its participant has accepted', () => {
  it('is given more time, and is sent again where it is not heard of', () => {
    const drive = new Drive(slow).start().succeeds('hold').declines('charge');
    drive.now = 9_000;
    drive.accepts('hold', { direction: 'undo' });
    expect(drive.wakeAt).toBe(69_000);
    drive.wakes(2);
    expect(drive.takeSent().filter((sent) => sent.startsWith('hold undo'))).toEqual(['hold undo#1', 'hold undo#2']);
    expect(drive.undone('hold').status).toBe('compensated');
    expect(drive.accepts('hold', { direction: 'undo' }).reason).toBe('finished');
  });
});

describe('a call with heartbeats', () => {
  const paying = saga('paying', { version: 1, input })
    .call('pay', async () => ({ id: 'p1' }), { compensate: async () => {}, retry, timeout: '1h', heartbeat: '30s' })
    .invoke('charge', shop.charge, charge)
    .build();
  const beat = (drive: Drive, { attempt = 1, round = 1, direction = 'do' as 'do' | 'undo' } = {}): Drive =>
    drive.give({ kind: 'callBeat', step: 'pay', round, direction, attempt });
  const fails = (drive: Drive, attempt: number): Drive =>
    drive.give({
      ...{ kind: 'callFinished', step: 'pay', round: 1, direction: 'do', attempt },
      outcome: { kind: 'failed', code: 'E', message: '504' },
    });

  it('has a lease as long as its silence, not as its timeout, and renews it', () => {
    const drive = new Drive(paying).start();
    expect(drive.wakeAt).toBe(35_000);
    drive.now = 20_000;
    expect(beat(drive).wakeAt).toBe(55_000);
    expect(drive.last?.kind).toBe('paced');
    expect(drive.journal).toHaveLength(1);
  });

  it('is made again when its heartbeats stay away', () => {
    const drive = beat(new Drive(paying).start()).wakes(2);
    expect(drive.last).toMatchObject({ effects: [{ kind: 'startCall', step: 'pay', attempt: 2 }] });
    expect(beat(drive, { attempt: 1 }).reason).toBe('stale attempt');
  });

  it('has lost its lease where nobody waits for it', () => {
    const drive = new Drive(paying).start();
    expect(beat(drive, { round: 2 }).reason).toBe('other round');
    expect(beat(drive, { direction: 'undo' }).reason).toBe('not awaited');
    expect(beat(fails(drive, 1)).reason).toBe('stale attempt');
    const cancelled = new Drive(paying).start().verb('cancel');
    expect(beat(cancelled).reason).toBe('not awaited');
    expect(cancelled.step('pay')).toBe('unknown');
  });

  it('renews the lease of its undo, too', () => {
    const drive = fails(fails(new Drive(paying).start(), 1).wakes(), 2);
    expect(drive.step('pay')).toBe('compensating');
    const { now } = drive;
    drive.now += 30_000;
    expect(beat(drive, { direction: 'undo' }).wakeAt).toBe(now + 65_000);
  });

  it.each([
    ['longer than its timeout', '2h'],
    ['shorter than a transaction may take', '50ms'],
  ] as const)('cannot have a silence that is %s', (_, heartbeat) => {
    const define = () =>
      saga('x', { version: 1, input }).call('pay', () => 1, {
        compensate: 'nothing to undo',
        timeout: '1h',
        heartbeat,
      });
    expect(define).toThrow(
      expect.objectContaining({ code: 'DEFINITION_INVALID', fields: { field: 'x.pay.heartbeat', value: heartbeat } }),
    );
  });
});
