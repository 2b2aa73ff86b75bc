import { expect } from 'vitest';
import type { Proof } from './prove-rows.js';
import { backoffMs, bounded, line, timeoutMs } from './sagas.js';
import { type Stage, verb } from './stage.js';

const cappedMs = 2 * backoffMs;

/** Waits out an attempt that is never answered or has failed: not a minute too early, and exactly then. */
async function goesAgainAfter(stage: Stage, id: string, ms: number): Promise<void> {
  await stage.rest(id);
  const before = stage.wire.sendings(id).length;
  await stage.elapse(id, ms - 60_000);
  await stage.rest(id);
  expect(stage.wire.sendings(id)).toHaveLength(before);
  await stage.elapse(id, 60_000);
  await stage.rest(id);
}

async function usesUp(stage: Stage, id: string, waits: readonly number[]): Promise<string> {
  for (const ms of waits) {
    await stage.rest(id);
    await stage.elapse(id, ms);
  }
  await stage.rest(id);
  return id;
}

export const pivotRows: readonly Proof[] = [
  {
    row: 'pivotDeclined',
    how: 'in reverse order',
    play: async (stage) => usesUp(stage, await stage.start(line, { deeds: { 'commit do': ['declines'] } }), []),
    books: {
      saga: 'compensated',
      steps: { hold: 'compensated', charge: 'compensated', commit: 'declined' },
      journal: ['+hold', '+charge', '!commit:NO', '-charge', '-hold'],
      sent: ['hold do#1', 'charge do#1', 'commit do#1', 'charge undo#1', 'hold undo#1'],
      effects: ['charge do', 'charge undo', 'hold do', 'hold undo'],
      fence: { hold: 'undone', charge: 'undone', commit: 'declined' },
    },
  },
  {
    row: 'pivotFails',
    how: 'for ever: failures and lost answers alike, and the effect is one',
    play: async (stage) => {
      const id = await stage.start(line, {
        deeds: { 'commit do': ['fails', 'fails', 'fails', 'fails'] },
        passages: { 'commit do answer': ['passes', 'passes', 'passes', 'passes', 'lost'] },
      });
      await goesAgainAfter(stage, id, backoffMs);
      // Doubled once, and then no more.
      for (const _ of [2, 3, 4]) await goesAgainAfter(stage, id, cappedMs);
      await goesAgainAfter(stage, id, timeoutMs);
      await goesAgainAfter(stage, id, cappedMs);
      return id;
    },
    books: {
      saga: 'completed',
      journal: ['+hold', '+charge', '+commit', '+ship'],
      sent: ['hold do#1', 'charge do#1', ...[1, 2, 3, 4, 5, 6].map((attempt) => `commit do#${attempt}`), 'ship do#1'],
      outbox: { 'commit do': 'SENT' },
      effects: ['charge do', 'commit do', 'hold do', 'ship do'],
      fence: { commit: 'succeeded' },
    },
  },
  {
    row: 'pivotFails',
    how: 'parked where its own policy ends by failures, and nothing before it is undone',
    play: async (stage) =>
      usesUp(stage, await stage.start(bounded, { deeds: { 'commit do': ['fails', 'fails'] } }), [backoffMs]),
    books: {
      saga: 'parked STEP_FAILED commit',
      steps: { hold: 'succeeded', commit: 'dispatched' },
      journal: ['+hold', 'parked:commit:STEP_FAILED'],
      sent: ['hold do#1', 'commit do#1', 'commit do#2'],
      effects: ['hold do'],
      fence: { hold: 'succeeded' },
    },
  },
  {
    row: 'pivotFails',
    how: 'parked where its own policy ends by timeouts, though it has taken effect',
    play: async (stage) =>
      usesUp(stage, await stage.start(bounded, { passages: { 'commit do answer': ['lost', 'lost'] } }), [
        timeoutMs,
        backoffMs,
        timeoutMs,
      ]),
    books: {
      saga: 'parked STEP_TIMED_OUT commit',
      steps: { hold: 'succeeded', commit: 'dispatched' },
      effects: ['commit do', 'hold do'],
    },
  },
  {
    row: 'pivotCancel',
    how: 'cancel, and it declines',
    play: async (stage) => {
      const deeds = { 'commit do': ['declines'] } as const;
      const id = await stage.start(line, { deeds, passages: { 'commit do answer': ['kept'] } });
      await stage.rest(id);
      expect((await stage.engine.cancel(id, verb)).status).toBe('running');
      await stage.rest(id);
      stage.wire.release(id, 'commit do answer');
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'compensated',
      journal: ['+hold', '+charge', 'cancel:SAGA_CANCELLED', '!commit:NO', '-charge', '-hold'],
      effects: ['charge do', 'charge undo', 'hold do', 'hold undo'],
    },
  },
  {
    row: 'pivotCancel',
    how: 'cancel, and it succeeds',
    play: async (stage) => {
      const id = await stage.start(line, { passages: { 'commit do answer': ['kept'], 'ship do': ['kept'] } });
      await stage.rest(id);
      await stage.engine.cancel(id, verb);
      stage.wire.release(id, 'commit do answer');
      await stage.rest(id);
      await expect(stage.engine.cancel(id, verb)).rejects.toMatchObject({ code: 'VERB_REFUSED' });
      stage.wire.release(id, 'ship do');
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'completed',
      journal: ['+hold', '+charge', 'cancel:SAGA_CANCELLED', '+commit', '+ship'],
      effects: ['charge do', 'commit do', 'hold do', 'ship do'],
    },
  },
  {
    row: 'pivotCancel',
    how: 'compensate, and it declines',
    play: async (stage) => {
      const deeds = { 'commit do': ['declines'] } as const;
      const id = await stage.start(line, { deeds, passages: { 'commit do answer': ['kept'] } });
      await stage.rest(id);
      expect((await stage.engine.compensate(id, { ...verb, code: 'FRAUD' })).status).toBe('running');
      await stage.rest(id);
      stage.wire.release(id, 'commit do answer');
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'compensated',
      journal: ['+hold', '+charge', 'cancel:FRAUD', '!commit:NO', '-charge', '-hold'],
      effects: ['charge do', 'charge undo', 'hold do', 'hold undo'],
    },
  },
  {
    row: 'afterPivot',
    how: 'declined',
    play: async (stage) => {
      const id = await usesUp(stage, await stage.start(line, { deeds: { 'ship do': ['declines'] } }), []);
      expect(stage.told).toContainEqual(expect.objectContaining({ sagaId: id, code: 'STEP_DECLINED' }));
      return id;
    },
    books: {
      saga: 'parked STEP_DECLINED ship',
      steps: { hold: 'succeeded', charge: 'succeeded', commit: 'succeeded', ship: 'declined' },
      journal: ['+hold', '+charge', '+commit', '!ship:STEP_DECLINED', 'parked:ship:STEP_DECLINED'],
      effects: ['charge do', 'commit do', 'hold do'],
      fence: { ship: 'declined' },
    },
  },
  {
    row: 'afterPivot',
    how: 'the policy’s end',
    play: async (stage) =>
      usesUp(stage, await stage.start(bounded, { deeds: { 'ship do': ['fails', 'fails'] } }), [backoffMs]),
    books: {
      saga: 'parked STEP_FAILED ship',
      steps: { hold: 'succeeded', commit: 'succeeded', ship: 'dispatched' },
      effects: ['commit do', 'hold do'],
    },
  },
  {
    row: 'round',
    how: 'not settled: the same command, and the fence answers with the outcome that it stored',
    play: async (stage) => {
      const id = await stage.start(bounded, { passages: { 'commit do answer': ['lost', 'lost'] } });
      await usesUp(stage, id, [timeoutMs, backoffMs, timeoutMs]);
      await stage.engine.retry(id, verb);
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'completed',
      steps: { commit: 'succeeded' },
      sent: ['hold do#1', 'commit do#1', 'commit do#2', 'commit do#3', 'ship do#1'],
      outbox: { 'hold do': 'SENT', 'commit do': 'SENT', 'ship do': 'SENT' },
      effects: ['commit do', 'hold do', 'ship do'],
      fence: { commit: 'succeeded' },
    },
  },
  {
    row: 'round',
    how: 'declined: a new round, with an effect and a fence of its own',
    play: async (stage) => {
      const id = await stage.start(line, { deeds: { 'ship do': ['declines'] } });
      await stage.rest(id);
      await stage.engine.retry(id, verb);
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'completed',
      steps: { ship: 'succeeded in round 2' },
      outbox: { 'ship do': 'SENT', 'ship do in round 2': 'SENT' },
      effects: ['charge do', 'commit do', 'hold do', 'ship do'],
      fence: { ship: 'declined', 'ship in round 2': 'succeeded' },
    },
  },
];
