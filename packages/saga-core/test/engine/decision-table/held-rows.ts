import { expect } from 'vitest';
import type { Proof } from './prove-rows.js';
import { asking, backoffMs, limited, line, timeoutMs } from './sagas.js';
import { type Stage, verb } from './stage.js';

async function parkedAtHold(stage: Stage): Promise<string> {
  const id = await stage.start(line, { deeds: { 'hold do': ['answers nonsense'] } });
  expect((await stage.rest(id)).status).toBe('parked');
  return id;
}

/** Whatever its participant sent comes once more. */
function answerAgain({ wire, broker }: Stage, id: string, name: string): void {
  for (const copy of wire.messages(id, `${name} answer`)) broker.write(copy);
}

export const heldRows: readonly Proof[] = [
  {
    row: 'parkedReply',
    how: 'it moves nothing',
    play: async (stage) => {
      const id = await parkedAtHold(stage);
      answerAgain(stage, id, 'hold do');
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'parked CONTRACT_BROKEN hold',
      steps: { hold: 'dispatched' },
      journal: ['parked:hold:CONTRACT_BROKEN', 'evidence:hold:contractBroken'],
      evidence: [{ odd: 'hold' }, { odd: 'hold' }],
      sent: ['hold do#1'],
    },
  },
  {
    row: 'parkedCancel',
    how: 'cancel: what it did is undone',
    play: async (stage) => {
      const id = await parkedAtHold(stage);
      await stage.engine.cancel(id, verb);
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'compensated',
      steps: { hold: 'compensated' },
      journal: ['parked:hold:CONTRACT_BROKEN', 'cancel:SAGA_CANCELLED', 'unparked', '?hold', '-hold'],
      sent: ['hold do#1', 'hold undo#1'],
      effects: ['hold do', 'hold undo'],
      fence: { hold: 'undone' },
    },
  },
  {
    row: 'parkedCancel',
    how: 'compensate, for a reason of its own',
    play: async (stage) => {
      const id = await parkedAtHold(stage);
      await stage.engine.compensate(id, { ...verb, code: 'FRAUD' });
      const { failure } = await stage.rest(id);
      expect(failure).toMatchObject({ code: 'FRAUD' });
      return id;
    },
    books: {
      saga: 'compensated',
      journal: ['parked:hold:CONTRACT_BROKEN', 'cancel:FRAUD', 'unparked', '?hold', '-hold'],
      effects: ['hold do', 'hold undo'],
      fence: { hold: 'undone' },
    },
  },
  {
    row: 'pausedDeadline',
    how: 'of a step: what was left to wait is still left',
    play: async (stage) => {
      const id = await stage.start(line, { passages: { 'hold do': ['lost'] } });
      await stage.rest(id);
      await stage.elapse(id, timeoutMs - 120_000);
      expect((await stage.engine.pause(id, verb)).paused).toBe(true);
      await stage.elapse(id, 10 * timeoutMs);
      await stage.rest(id);
      await stage.engine.resume(id, verb);
      await stage.elapse(id, 60_000);
      expect((await stage.rest(id)).steps['hold']).toMatchObject({ status: 'dispatched', attempt: 1 });
      expect(stage.wire.sendings(id)).toEqual(['hold do#1']);
      for (const ms of [60_000, backoffMs]) {
        await stage.elapse(id, ms);
        await stage.rest(id);
      }
      return id;
    },
    books: {
      saga: 'completed',
      journal: ['paused', 'resumed', '+hold', '+charge', '+commit', '+ship'],
      sent: ['hold do#1', 'hold do#2', 'charge do#1', 'commit do#1', 'ship do#1'],
    },
  },
  {
    row: 'pausedDeadline',
    how: 'of the saga',
    play: async (stage) => {
      const id = await stage.start(limited, { passages: { 'hold do': ['kept'] } });
      await stage.rest(id);
      await stage.engine.pause(id, verb);
      await stage.elapse(id, 100 * timeoutMs);
      await stage.rest(id);
      await stage.engine.resume(id, verb);
      stage.wire.release(id, 'hold do');
      await stage.rest(id);
      return id;
    },
    books: { saga: 'completed', journal: ['paused', 'resumed', '+hold', '+charge'] },
  },
  {
    row: 'pausedReply',
    how: 'a reply',
    play: async (stage) => {
      const id = await stage.start(line, { passages: { 'hold do answer': ['kept'] } });
      await stage.rest(id);
      await stage.engine.pause(id, verb);
      stage.wire.release(id, 'hold do answer');
      expect((await stage.rest(id)).steps['hold']?.status).toBe('succeeded');
      return id;
    },
    books: {
      saga: 'running paused',
      steps: { hold: 'succeeded' },
      journal: ['paused', '+hold'],
      sent: ['hold do#1'],
      outbox: { 'hold do': 'SENT' },
      effects: ['hold do'],
    },
  },
  {
    row: 'pausedReply',
    how: 'a decline: what is held back is the undo, and it goes out with the resume',
    play: async (stage) => {
      const id = await stage.start(line, {
        deeds: { 'charge do': ['declines'] },
        passages: { 'charge do answer': ['kept'] },
      });
      await stage.rest(id);
      await stage.engine.pause(id, verb);
      stage.wire.release(id, 'charge do answer');
      expect((await stage.rest(id)).steps['charge']?.status).toBe('declined');
      expect(stage.wire.messages(id, 'hold undo')).toEqual([]);
      await stage.engine.resume(id, verb);
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'compensated',
      journal: ['+hold', 'paused', '!charge:NO', 'resumed', '-hold'],
      effects: ['hold do', 'hold undo'],
    },
  },
  {
    row: 'pausedReply',
    how: 'a signal',
    play: async (stage) => {
      const id = await stage.start(asking);
      await stage.until(id, (view) => view.steps['approval']?.status === 'dispatched');
      await stage.engine.pause(id, verb);
      expect(await stage.engine.signal(id, { step: 'approval', id: 's1', body: { by: 'ada' } })).toBe(true);
      expect((await stage.rest(id)).steps['approval']?.status).toBe('succeeded');
      return id;
    },
    books: {
      saga: 'running paused',
      steps: { hold: 'succeeded', wire: 'succeeded', approval: 'succeeded' },
      journal: ['+hold', '+wire', 'paused', '+approval'],
      sent: ['hold do#1'],
    },
  },
];
