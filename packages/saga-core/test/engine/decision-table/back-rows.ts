import { decodeCommand, encodeReply } from '@backstitch/messaging';
import { expect } from 'vitest';
import type { Proof } from './prove-rows.js';
import { backoffMs, fork, line, timeoutMs } from './sagas.js';
import { type Stage, verb } from './stage.js';

/** The siblings' commands are on their way, and not one of them has arrived. */
const siblingsUnderWay = { 'charge do': ['kept'], 'note do': ['kept'] } as const;

/** What a participant without a fence might say: yes, after it has said no. */
function sayYes({ wire, broker }: Stage, id: string, step: string): void {
  const decoded = decodeCommand(wire.messages(id, `${step} do`)[0]?.value ?? null);
  if (decoded.kind !== 'ok') throw new Error(decoded.reason);
  const { data: _data, replyTopic: topic, firstSentAt: _first, ...command } = decoded.envelope;
  const [source = ''] = command.command.split('.');
  broker.write({
    topic,
    key: id,
    value: encodeReply({ ...command, source, outcome: 'succeeded', dataJson: '{"id":"after all"}' }),
  });
}

export const backRows: readonly Proof[] = [
  {
    row: 'siblings',
    how: 'declined: the undo overtakes its command, and the fence refuses what comes behind',
    play: async (stage) => {
      const id = await stage.start(fork, { deeds: { 'hold do': ['declines'] }, passages: siblingsUnderWay });
      await stage.rest(id);
      stage.wire.release(id, 'charge do');
      stage.wire.release(id, 'note do');
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'compensated',
      steps: { hold: 'declined', charge: 'compensated', note: 'compensated' },
      journal: expect.arrayContaining(['!hold:NO', '?charge', '?note', '-charge', '-note']) as never,
      outbox: {
        'hold do': 'SENT',
        'charge do': 'SENT',
        'charge undo': 'SENT',
        'note do': 'SENT',
        'note undo': 'SENT',
      },
      effects: [],
      fence: { hold: 'declined', charge: 'tombstone', note: 'tombstone' },
      discards: ['charge: finished 1', 'note: finished 1'],
    },
  },
  {
    row: 'siblings',
    how: 'used up: what a sibling has done meanwhile is undone',
    play: async (stage) => {
      const id = await stage.start(fork, {
        deeds: { 'hold do': ['fails', 'fails'] },
        passages: { 'charge do answer': ['kept'], 'note do answer': ['kept'] },
      });
      await stage.rest(id);
      await stage.elapse(id, backoffMs);
      await stage.rest(id);
      stage.wire.release(id, 'charge do answer');
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'compensated',
      steps: { hold: 'compensated', charge: 'compensated', note: 'compensated' },
      effects: ['charge do', 'charge undo', 'note do'],
      fence: { hold: 'tombstone', charge: 'undone', note: 'undone' },
      discards: ['charge: finished 1'],
    },
  },
  {
    row: 'lateSuccess',
    how: 'of both attempts, while the undo is on its way',
    play: async (stage) => {
      const id = await stage.start(line, {
        passages: { 'charge do answer': ['kept', 'kept'], 'charge undo': ['kept'] },
      });
      for (const ms of [timeoutMs, backoffMs, timeoutMs]) {
        await stage.rest(id);
        await stage.elapse(id, ms);
      }
      const { steps } = await stage.rest(id);
      expect(steps['charge']?.status).toBe('compensating');
      stage.wire.release(id, 'charge do answer');
      await stage.rest(id);
      stage.wire.release(id, 'charge undo');
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'compensated',
      journal: ['+hold', '!charge:STEP_TIMED_OUT', '-charge', '-hold'],
      effects: ['charge do', 'charge undo', 'hold do', 'hold undo'],
      fence: { hold: 'undone', charge: 'undone' },
      discards: ['charge: late 2'],
    },
  },
  {
    row: 'contradiction',
    how: 'from a participant without a fence, while the saga is undone',
    play: async (stage) => {
      const id = await stage.start(line, {
        deeds: { 'charge do': ['declines'] },
        passages: { 'hold undo': ['kept'] },
      });
      await stage.rest(id);
      sayYes(stage, id, 'charge');
      await stage.rest(id);
      expect(stage.told).toContainEqual(expect.objectContaining({ sagaId: id, code: 'CONTRADICTION' }));
      return id;
    },
    books: {
      saga: 'parked CONTRADICTION charge',
      steps: { hold: 'compensating', charge: 'declined' },
      evidence: [{ id: 'after all' }],
      effects: ['hold do'],
    },
  },
  {
    row: 'cancel',
    how: 'before the pivot: the step under way is unknown, and undone with the rest',
    play: async (stage) => {
      const id = await stage.start(line, { passages: { 'charge do': ['kept'] } });
      await stage.rest(id);
      await stage.engine.cancel(id, verb);
      await stage.rest(id);
      stage.wire.release(id, 'charge do');
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'compensated',
      steps: { hold: 'compensated', charge: 'compensated' },
      journal: ['+hold', 'cancel:SAGA_CANCELLED', '?charge', '-charge', '-hold'],
      sent: ['hold do#1', 'charge do#1', 'charge undo#1', 'hold undo#1'],
      effects: ['hold do', 'hold undo'],
      fence: { hold: 'undone', charge: 'tombstone' },
    },
  },
  {
    row: 'cancel',
    how: 'after the pivot: refused, and nothing is changed',
    play: async (stage) => {
      const id = await stage.start(line, { passages: { 'ship do': ['kept'] } });
      await stage.rest(id);
      await expect(stage.engine.cancel(id, verb)).rejects.toMatchObject({ code: 'VERB_REFUSED' });
      stage.wire.release(id, 'ship do');
      await stage.rest(id);
      return id;
    },
    books: { saga: 'completed', journal: ['+hold', '+charge', '+commit', '+ship'] },
  },
  {
    row: 'cancel',
    how: 'while compensating: a no-op, counted and not journalled',
    play: async (stage) => {
      const id = await stage.start(line, {
        deeds: { 'charge do': ['declines'] },
        passages: { 'hold undo': ['kept'] },
      });
      await stage.rest(id);
      expect((await stage.engine.cancel(id, verb)).status).toBe('compensating');
      stage.wire.release(id, 'hold undo');
      await stage.rest(id);
      return id;
    },
    books: { saga: 'compensated', journal: ['+hold', '!charge:NO', '-hold'], effects: ['hold do', 'hold undo'] },
  },
];
