import { decodeCommand, type OutboundRecord } from '@backstitch/messaging';
import { expect } from 'vitest';
import type { Proof } from './prove-rows.js';
import { backoffMs, fork, limited, line, timeoutMs } from './sagas.js';
import { engineSchema, type Stage } from './stage.js';

const wholeLine = ['hold do#1', 'charge do#1', 'commit do#1', 'ship do#1'];
const wholeEffects = ['charge do', 'commit do', 'hold do', 'ship do'];
const always = <T>(each: T): readonly T[] => Array.from({ length: 99 }, () => each);

/** What makes two sendings the same command: all of it but what is the message's own, and the time, which the test has moved. */
function identityOf({ value }: OutboundRecord): object {
  const decoded = decodeCommand(value);
  if (decoded.kind !== 'ok') throw new Error(decoded.reason);
  const { id: _id, time: _time, attempt: _attempt, firstSentAt: _firstSentAt, ...command } = decoded.envelope;
  return command;
}

async function comesAgain(stage: Stage, id: string): Promise<string> {
  await stage.rest(id);
  expect(stage.wire.sendings(id).filter((each) => each.startsWith('hold do#'))).toEqual(['hold do#1']);
  await stage.elapse(id, backoffMs);
  await stage.rest(id);
  const [first, second] = stage.wire.messages(id, 'hold do').map(identityOf);
  expect(second).toEqual(first);
  return id;
}

/** Past its deadline it is still in its first attempt, as often as one looks. */
async function deadlineMoves(stage: Stage, id: string): Promise<void> {
  const { updatedAt } = await stage.until(id, () => true);
  await stage.elapse(id, timeoutMs);
  const { steps } = await stage.until(id, (view) => view.updatedAt > updatedAt);
  expect(steps['hold']).toEqual({ status: 'dispatched', round: 1, attempt: 1 });
}

async function refusedByTheBroker(stage: Stage, id: string, command: string): Promise<void> {
  const rows = () => stage.knex.withSchema(engineSchema).from('outbox_events').where({ key: id, event_type: command });
  for (let row = await rows().first(); row?.status !== 'RETRY'; row = await rows().first());
}

export const forwardRows: readonly Proof[] = [
  {
    row: 'succeeded',
    how: 'of the attempt under way, step by step',
    play: async (stage) => {
      const id = await stage.start(line);
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'completed',
      steps: { hold: 'succeeded', charge: 'succeeded', commit: 'succeeded', ship: 'succeeded' },
      journal: ['+hold', '+charge', '+commit', '+ship'],
      sent: wholeLine,
      outbox: { 'hold do': 'SENT', 'charge do': 'SENT', 'commit do': 'SENT', 'ship do': 'SENT' },
      effects: wholeEffects,
      fence: { hold: 'succeeded', charge: 'succeeded', commit: 'succeeded', ship: 'succeeded' },
      discards: [],
    },
  },
  {
    row: 'succeeded',
    how: 'of the first attempt, while the second is awaited',
    play: async (stage) => {
      const id = await stage.start(line, { passages: { 'hold do answer': ['kept', 'lost'] } });
      for (const ms of [timeoutMs, backoffMs]) {
        await stage.rest(id);
        await stage.elapse(id, ms);
      }
      await stage.rest(id);
      stage.wire.release(id, 'hold do answer');
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'completed',
      sent: ['hold do#1', 'hold do#2', ...wholeLine.slice(1)],
      outbox: { 'hold do': 'SENT' },
      effects: wholeEffects,
    },
  },
  {
    row: 'declined',
    how: 'by the handler, whose writes are rolled back',
    play: async (stage) => {
      const id = await stage.start(line, { deeds: { 'charge do': ['declines'] } });
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'compensated',
      steps: { hold: 'compensated', charge: 'declined' },
      journal: ['+hold', '!charge:NO', '-hold'],
      sent: ['hold do#1', 'charge do#1', 'hold undo#1'],
      effects: ['hold do', 'hold undo'],
      fence: { hold: 'undone', charge: 'declined' },
    },
  },
  {
    row: 'attemptsLeft',
    how: 'failed',
    play: async (stage) => comesAgain(stage, await stage.start(line, { deeds: { 'hold do': ['fails'] } })),
    books: {
      saga: 'completed',
      sent: ['hold do#1', 'hold do#2', ...wholeLine.slice(1)],
      outbox: { 'hold do': 'SENT' },
      effects: wholeEffects,
      fence: { hold: 'succeeded' },
    },
  },
  {
    row: 'attemptsLeft',
    how: 'timeout',
    play: async (stage) => {
      const id = await stage.start(line, { passages: { 'hold do': ['lost'] } });
      await stage.rest(id);
      await stage.elapse(id, timeoutMs);
      return comesAgain(stage, id);
    },
    books: { saga: 'completed', sent: ['hold do#1', 'hold do#2', ...wholeLine.slice(1)], effects: wholeEffects },
  },
  {
    row: 'usedUp',
    how: 'failed, and copies that come later are refused',
    play: async (stage) => {
      const id = await stage.start(line, { deeds: { 'charge do': ['fails', 'fails'] } });
      await stage.rest(id);
      await stage.elapse(id, backoffMs);
      await stage.rest(id);
      for (const copy of stage.wire.messages(id, 'charge do')) stage.broker.write(copy);
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'compensated',
      steps: { hold: 'compensated', charge: 'compensated' },
      journal: ['+hold', '!charge:STEP_FAILED', '-charge', '-hold'],
      sent: ['hold do#1', 'charge do#1', 'charge do#2', 'charge undo#1', 'hold undo#1'],
      effects: ['hold do', 'hold undo'],
      fence: { hold: 'undone', charge: 'tombstone' },
      discards: ['charge: finished 2'],
    },
  },
  {
    row: 'usedUp',
    how: 'timeout, while both attempts are still on their way',
    play: async (stage) => {
      const id = await stage.start(line, { passages: { 'charge do': ['kept', 'kept'] } });
      for (const ms of [timeoutMs, backoffMs, timeoutMs]) {
        await stage.rest(id);
        await stage.elapse(id, ms);
      }
      await stage.rest(id);
      stage.wire.release(id, 'charge do');
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'compensated',
      steps: { hold: 'compensated', charge: 'compensated' },
      journal: ['+hold', '!charge:STEP_TIMED_OUT', '-charge', '-hold'],
      effects: ['hold do', 'hold undo'],
      fence: { hold: 'undone', charge: 'tombstone' },
      discards: ['charge: finished 2'],
    },
  },
  {
    row: 'usedUp',
    how: 'timeout, and it had taken effect: only its answers were lost',
    play: async (stage) => {
      const id = await stage.start(line, { passages: { 'charge do answer': ['lost', 'lost'] } });
      for (const ms of [timeoutMs, backoffMs, timeoutMs]) {
        await stage.rest(id);
        await stage.elapse(id, ms);
      }
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'compensated',
      effects: ['charge do', 'charge undo', 'hold do', 'hold undo'],
      fence: { hold: 'undone', charge: 'undone' },
    },
  },
  {
    row: 'unsent',
    how: 'in the middle of a send that hangs',
    play: async (stage) => {
      const id = await stage.start(line, { passages: { 'hold do': ['hangs'] } });
      await deadlineMoves(stage, id);
      await deadlineMoves(stage, id);
      stage.wire.release(id, 'hold do');
      await stage.rest(id);
      return id;
    },
    books: { saga: 'completed', sent: wholeLine, outbox: { 'hold do': 'SENT' }, effects: wholeEffects },
  },
  {
    row: 'unsent',
    how: 'refused by the broker for now: the saga’s own deadline takes it back',
    play: async (stage) => {
      const id = await stage.start(limited, { passages: { 'hold do': always('refused') } });
      await refusedByTheBroker(stage, id, 'stock.take');
      await deadlineMoves(stage, id);
      await stage.elapse(id, timeoutMs / 2);
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'compensated',
      steps: { hold: 'skipped' },
      journal: ['cancel:SAGA_TIMED_OUT', '?hold', '~hold:withdrawn'],
      sent: ['hold do#1'],
      outbox: {},
      effects: [],
      fence: {},
    },
  },
  {
    row: 'brokenContract',
    how: 'parked, with an alert',
    play: async (stage) => {
      const id = await stage.start(line, { deeds: { 'hold do': ['answers nonsense'] } });
      await stage.rest(id);
      expect(stage.told).toContainEqual(expect.objectContaining({ sagaId: id, code: 'CONTRACT_BROKEN' }));
      return id;
    },
    books: {
      saga: 'parked CONTRACT_BROKEN hold',
      steps: { hold: 'dispatched' },
      sent: ['hold do#1'],
      effects: ['hold do'],
      fence: { hold: 'succeeded' },
      evidence: [{ odd: 'hold' }],
    },
  },
  {
    row: 'withdrawn',
    how: 'withdrawn',
    play: async (stage) => {
      const id = await stage.start(fork, {
        deeds: { 'hold do': ['declines'] },
        passages: { 'hold do': ['kept'], 'note do': ['kept'], 'charge do': always('refused') },
      });
      await refusedByTheBroker(stage, id, 'bank.charge');
      await stage.until(id, () => stage.wire.messages(id, 'hold do').length > 0);
      stage.wire.release(id, 'hold do');
      await stage.rest(id);
      const journal = stage.knex.withSchema(engineSchema).from('saga_journal').where({ saga_id: id });
      const entries: { entry: string; xmin: string }[] = await journal
        .orderBy('seq')
        .select('entry', stage.knex.raw('xmin::text'));
      const transactionOf = (kind: string) => entries.find(({ entry }) => JSON.parse(entry).cause.kind === kind)?.xmin;
      expect(transactionOf('withdrawn')).toBe(transactionOf('do declined'));
      return id;
    },
    books: {
      saga: 'compensated',
      steps: { hold: 'declined', charge: 'skipped', note: 'compensated' },
      outbox: { 'hold do': 'SENT', 'note do': 'SENT', 'note undo': 'SENT' },
      effects: [],
      fence: { hold: 'declined', note: 'tombstone' },
    },
  },
  {
    row: 'withdrawn',
    how: 'the undo follows it, where a relay has begun to send it',
    play: async (stage) => {
      const id = await stage.start(fork, {
        deeds: { 'hold do': ['declines'] },
        passages: { 'hold do': ['kept'], 'note do': ['kept'], 'charge do': ['hangs'] },
      });
      await stage.until(id, () => stage.wire.sendings(id).filter((each) => !each.includes('answer')).length === 3);
      stage.wire.release(id, 'hold do');
      await stage.until(id, (view) => view.status === 'compensating');
      stage.wire.release(id, 'charge do');
      await stage.rest(id);
      const lane = (stage.broker.topics().get('bank.commands') ?? []).filter(({ key }) => key === id);
      expect(lane.map(({ value }) => JSON.parse(value ?? '').type)).toEqual(['bank.charge', 'bank.refund']);
      return id;
    },
    books: {
      saga: 'compensated',
      steps: { hold: 'declined', charge: 'compensated', note: 'compensated' },
      effects: ['charge do', 'charge undo'],
      fence: { charge: 'undone', hold: 'declined', note: 'tombstone' },
    },
  },
];
