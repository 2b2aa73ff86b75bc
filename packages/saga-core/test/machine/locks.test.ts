import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { replayJournal, sagaOn } from '../../src/index.js';
import type { StartedLocks } from '../../src/machine/journal-event.js';
import { heldKeys, newInstance } from '../../src/machine/instance.js';
import { wakeAt } from '../../src/machine/wake-at.js';
import { Drive } from './drive.js';

const keys = ['order:1'];
const operator = { actor: 'ann', reason: 'test' } as const;
const definition = (timeout?: '1m', sagaTimeout?: '1m') =>
  sagaOn<never>()('place-order', {
    version: 1,
    input: z.object({}),
    locks: { keys: () => keys, whenHeld: 'wait', ...(timeout === undefined ? {} : { timeout }) },
    ...(sagaTimeout === undefined ? {} : { timeout: sagaTimeout }),
  })
    .call('charge', async () => undefined, { compensate: 'nothing to undo' })
    .build();

function start(status: StartedLocks['status'], saga = definition(), more: Partial<StartedLocks> = {}): Drive {
  return new Drive(saga).give({ kind: 'started', locks: { keys, status, ...more } });
}

const effectsOf = ({ last }: Drive): readonly string[] =>
  last?.kind === 'moved' || last?.kind === 'paced' ? last.effects.map(({ kind }) => kind) : [];
const locksOf = (drive: Drive) => drive.instance.state.locks;
const later = (drive: Drive, ms: number): Drive => Object.assign(drive, { now: drive.now + ms });
const wake = (drive: Drive): Drive => drive.give({ kind: 'deadlineReached', unsent: [] });

describe('an instance whose locks are free', () => {
  it('begins at once, and its journal tells which it took', () => {
    const drive = start('held');
    expect(effectsOf(drive)).toEqual(['startCall']);
    expect(drive.journal[0]?.events[0]).toEqual({ kind: 'sagaStarted', locks: { keys, status: 'held' } });
    expect(locksOf(drive)).toEqual({ keys, status: 'held' });
  });

  it('has released them when it is over', () => {
    const drive = start('held');
    drive.give({
      ...{ kind: 'callFinished', step: 'charge', round: 1, direction: 'do', attempt: 1 },
      outcome: { kind: 'succeeded' },
    });
    expect(drive.instance.state).toMatchObject({ status: 'completed', locks: { keys, status: 'released' } });
  });
});

describe('an instance that waits for its locks', () => {
  it('begins nothing and is looked at as soon as its start has committed', () => {
    const drive = start('waiting');
    expect(effectsOf(drive)).toEqual([]);
    expect(drive.instance.state.status).toBe('running');
    expect(wakeAt(drive.instance.state, drive.now)).toBe(0);
  });

  it('asks how it stands at each look, and looks again within the hour or, where somebody is just leaving, very soon', () => {
    const drive = wake(start('waiting'));
    expect(effectsOf(drive)).toEqual(['checkLocks']);
    drive.give({ kind: 'locksChecked', answer: 'leaving' });
    expect(wakeAt(drive.instance.state, drive.now)).toBe(200);
    expect(wake(drive).last).toEqual({ kind: 'discarded', reason: 'not due' });
    wake(later(drive, 200)).give({ kind: 'locksChecked', answer: 'held' });
    expect(wakeAt(drive.instance.state, drive.now)).toBe(200 + 3_600_000);
  });

  it('asks when it is told that somebody has gone, and begins when it is the first', () => {
    const drive = wake(start('waiting')).give({ kind: 'locksChecked', answer: 'held' });
    wake(drive.give({ kind: 'locksFreed' }));
    expect(effectsOf(drive)).toEqual(['checkLocks']);
    drive.give({ kind: 'locksChecked', answer: 'granted' });
    expect(effectsOf(drive)).toEqual(['startCall']);
    expect(drive.journal.at(-1)?.events[0]).toEqual({ kind: 'locksGranted' });
    expect(locksOf(drive)).toEqual({ keys, status: 'held' });
    expect(drive.give({ kind: 'locksFreed' }).last).toEqual({ kind: 'discarded', reason: 'not awaited' });
    expect(drive.give({ kind: 'locksChecked', answer: 'granted' }).last).toMatchObject({ kind: 'discarded' });
  });

  it('gives up at its deadline, undone with nothing to undo', () => {
    const drive = wake(start('waiting', definition('1m'))).give({ kind: 'locksChecked', answer: 'held' });
    expect(wakeAt(drive.instance.state, drive.now)).toBe(60_000);
    wake(later(drive, 60_000)).give({ kind: 'locksChecked', answer: 'held' });
    expect(drive.instance.state).toMatchObject({
      status: 'compensated',
      failure: { code: 'LOCK_TIMED_OUT' },
      locks: { status: 'released' },
    });
    expect(effectsOf(drive)).toEqual(['finished']);
  });

  it('begins at its deadline where its locks have become free by then', () => {
    const drive = wake(later(start('waiting', definition('1m')), 60_000));
    expect(effectsOf(drive)).toEqual(['checkLocks']);
    drive.give({ kind: 'locksChecked', answer: 'granted' });
    expect(effectsOf(drive)).toEqual(['startCall']);
  });

  it("is over at the saga's own deadline, which runs while it waits", () => {
    const drive = wake(start('waiting', definition(undefined, '1m'))).give({ kind: 'locksChecked', answer: 'held' });
    wake(later(drive, 60_000));
    expect(drive.instance.state).toMatchObject({ status: 'compensated', failure: { code: 'SAGA_TIMED_OUT' } });
  });

  it('can be cancelled, and is then over', () => {
    const drive = start('waiting').give({ kind: 'cancel', ...operator });
    expect(drive.instance.state).toMatchObject({ status: 'compensated', failure: { code: 'SAGA_CANCELLED' } });
    expect(drive.give({ kind: 'locksFreed' }).last).toEqual({ kind: 'discarded', reason: 'finished' });
  });

  it('keeps its place while it is paused: its deadline stands still, and what it was told is looked at afterwards', () => {
    const drive = wake(start('waiting', definition('1m'))).give({ kind: 'locksChecked', answer: 'held' });
    later(drive, 10_000).give({ kind: 'pause', ...operator });
    later(drive, 30_000).give({ kind: 'locksFreed' });
    expect(wake(drive).last).toEqual({ kind: 'discarded', reason: 'held' });
    later(drive, 30_000).give({ kind: 'resume', ...operator });
    expect(locksOf(drive)).toEqual({ keys, status: 'waiting', lookAt: 40_000, deadlineAt: 120_000 });
    expect(effectsOf(wake(drive))).toEqual(['checkLocks']);
  });

  it('can be replayed from its journal', () => {
    const saga = definition('1m');
    const granted = wake(start('waiting', saga)).give({ kind: 'locksChecked', answer: 'granted' });
    const late = wake(later(start('waiting', saga), 60_000)).give({ kind: 'locksChecked', answer: 'held' });
    for (const { instance, journal } of [granted, late]) {
      const { id, version, hash, input } = instance;
      const report = replayJournal(saga, { id, saga: instance.saga, version, hash, input, journal });
      expect(report).toMatchObject({ entries: journal.length, divergences: [] });
    }
  });

  it('may be told to go without a step before it has begun', () => {
    const drive = start('waiting').give({ kind: 'skip', step: 'charge', ...operator });
    expect(drive.instance.state.status).toBe('running');
    wake(drive).give({ kind: 'locksChecked', answer: 'granted' });
    expect(drive.instance.state.status).toBe('completed');
  });
});

describe('a child', () => {
  const parent = { sagaId: 'p', step: 'nested', round: 1 };
  const bornOf = (inherited: readonly string[], saga = definition()): Drive => {
    const drive = new Drive(saga);
    drive.instance = newInstance(saga, { id: 's', input: {}, now: 0, parent, inherited });
    return drive.start();
  };

  it('holds what its parent holds, and begins at once where it wants no other key', () => {
    const drive = bornOf(['customer:1', 'order:1']);
    expect(effectsOf(drive)).toEqual(['startCall']);
    expect(locksOf(drive)).toEqual({ keys: [], inherited: ['customer:1', 'order:1'], status: 'held' });
    expect(heldKeys(drive.instance.state)).toEqual(['customer:1', 'order:1']);
  });

  it('takes a key of its own in a leg of its own, and begins when it holds it', () => {
    const drive = bornOf(['customer:1']);
    expect(effectsOf(drive)).toEqual([]);
    expect(effectsOf(wake(drive))).toEqual(['takeLocks']);
    drive.give({ kind: 'locksTaken', answer: { kind: 'held' } });
    expect(effectsOf(drive)).toEqual(['startCall']);
    expect(locksOf(drive)).toEqual({ keys, inherited: ['customer:1'], status: 'held' });
    expect(heldKeys(drive.instance.state)).toEqual(['customer:1', 'order:1']);
  });

  it('stands in the queue where the key is held, and gives up after a minute, because its parent holds keys meanwhile', () => {
    const drive = wake(bornOf(['customer:1'])).give({ kind: 'locksTaken', answer: { kind: 'waiting' } });
    expect(effectsOf(wake(drive))).toEqual(['checkLocks']);
    drive.give({ kind: 'locksChecked', answer: 'held' });
    expect(wakeAt(drive.instance.state, drive.now)).toBe(60_000);
    wake(later(drive, 60_000)).give({ kind: 'locksChecked', answer: 'held' });
    expect(drive.instance.state).toMatchObject({ status: 'compensated', failure: { code: 'LOCK_TIMED_OUT' } });
    expect(effectsOf(drive)).toContain('tellParent');
  });

  it('waits without end where its parent holds nothing', () => {
    expect(locksOf(bornOf([]))).toEqual({ keys, status: 'waiting', lookAt: 0, isOutside: true });
  });

  it('tries again to get into a queue where a start on the same key has not committed, until its time is up', () => {
    const drive = wake(bornOf(['customer:1'])).give({ kind: 'locksTaken', answer: { kind: 'busy' } });
    expect(wakeAt(drive.instance.state, drive.now)).toBe(500);
    expect(effectsOf(wake(later(drive, 500)))).toEqual(['takeLocks']);
    wake(later(drive, 59_500)).give({ kind: 'locksTaken', answer: { kind: 'busy' } });
    expect(drive.instance.state).toMatchObject({ status: 'compensated', failure: { code: 'LOCK_TIMED_OUT' } });
  });

  it('that does not want to wait tells its parent no', () => {
    const drive = wake(bornOf([])).give({
      kind: 'locksTaken',
      answer: { kind: 'refused', key: 'order:1', heldBy: 'x' },
    });
    expect(drive.instance.state).toMatchObject({ status: 'compensated', failure: { code: 'LOCK_HELD' } });
  });

  it('whose keys cannot be had tells its parent no, and has begun nothing', () => {
    const broken = sagaOn<never>()('broken', {
      version: 1,
      input: z.object({}),
      locks: { keys: () => [''], whenHeld: 'wait' },
    })
      .call('charge', async () => undefined, { compensate: 'nothing to undo' })
      .build();
    expect(bornOf([], broken).instance.state).toMatchObject({
      status: 'compensated',
      steps: {},
      failure: { code: 'LOCK_KEYS_INVALID' },
    });
  });
});
