import { describe, expect, it } from 'vitest';
import { designRows } from '../engine/decision-table/design-rows.js';
import { maxJournalEntries } from '../../src/machine/transition.js';
import { Drive } from './drive.js';
import { fork, hold, input, line, retry, saga, shop, timeout } from './sagas.js';

const bounded = saga('bounded', { version: 1, input })
  .invoke('hold', shop.hold, hold)
  .pivot('commit', shop.commit, { with: () => ({}), retry, timeout })
  .invoke('ship', shop.ship, { with: () => ({}), retry, timeout })
  .build();
const limited = saga('limited', { version: 1, input, timeout: '15s' }).invoke('hold', shop.hold, hold).build();
const waiting = saga('waiting', { version: 1, input })
  .waitFor('approval', input)
  .invoke('hold', shop.hold, hold)
  .call('wire', () => ({}), { compensate: 'nothing to undo', retry })
  .build();

const on = (definition: ConstructorParameters<typeof Drive>[0]) => new Drive(definition).start();
const atCommit = () => on(line).succeeds('hold').succeeds('charge');
const afterCommit = () => atCommit().succeeds('commit');
const signal = { kind: 'signalled', step: 'approval', id: 's1', body: {} } as const;

/** What a row comes to: the saga, and what was sent. */
interface Case {
  readonly row: Exclude<keyof typeof designRows, 'unknownReply' | 'unknownSignal'>;
  readonly how: string;
  readonly play: () => Drive;
  readonly status: string;
  readonly sent: readonly string[];
  readonly reason?: string;
}

const cases: readonly Case[] = [
  {
    row: 'succeeded',
    how: 'of an earlier attempt',
    play: () => on(line).wakes(2).succeeds('hold', {}, { attempt: 1 }),
    status: 'running',
    sent: ['hold do#1', 'hold do#2', 'charge do#1'],
  },
  {
    row: 'declined',
    how: 'the second step',
    play: () => on(line).succeeds('hold').declines('charge'),
    status: 'compensating',
    sent: ['hold do#1', 'charge do#1', 'hold undo#1'],
  },
  {
    row: 'attemptsLeft',
    how: 'failed',
    play: () => on(line).fails('hold').wakes(),
    status: 'running',
    sent: ['hold do#1', 'hold do#2'],
  },
  {
    row: 'attemptsLeft',
    how: 'timeout',
    play: () => on(line).wakes(2),
    status: 'running',
    sent: ['hold do#1', 'hold do#2'],
  },
  {
    row: 'usedUp',
    how: 'failed',
    play: () => on(line).fails('hold').wakes().fails('hold'),
    status: 'compensating',
    sent: ['hold do#1', 'hold do#2', 'hold undo#1'],
  },
  {
    row: 'usedUp',
    how: 'timeout',
    play: () => on(line).wakes(3),
    status: 'compensating',
    sent: ['hold do#1', 'hold do#2', 'hold undo#1'],
  },
  {
    row: 'unsent',
    how: 'the deadline moves',
    play: () => {
      const drive = on(line);
      drive.unsent.add('hold');
      return drive.wakes(5);
    },
    status: 'running',
    sent: ['hold do#1'],
  },
  {
    row: 'unsent',
    how: "the saga's own deadline",
    play: () => {
      const drive = on(limited);
      drive.unsent.add('hold');
      return drive.wakes(2);
    },
    status: 'compensated',
    sent: [],
  },
  {
    row: 'brokenContract',
    how: 'parked',
    play: () => on(line).breaksContract('hold'),
    status: 'parked',
    sent: ['hold do#1'],
  },
  {
    row: 'withdrawn',
    how: 'withdrawn',
    play: () => {
      const drive = on(fork).succeeds('note');
      drive.unsent.add('charge');
      return drive.declines('hold');
    },
    status: 'compensated',
    sent: ['hold do#1', 'note do#1'],
  },
  {
    row: 'withdrawn',
    how: 'otherwise the undo',
    play: () => on(fork).succeeds('note').declines('hold'),
    status: 'compensating',
    sent: ['hold do#1', 'charge do#1', 'note do#1', 'charge undo#1'],
  },
  {
    row: 'pivotDeclined',
    how: 'the last step first',
    play: () => atCommit().declines('commit'),
    status: 'compensating',
    sent: ['hold do#1', 'charge do#1', 'commit do#1', 'charge undo#1'],
  },
  {
    row: 'pivotFails',
    how: 'failed and timeout in turn, for ever',
    play: () => atCommit().fails('commit').wakes(2).wakes().fails('commit').wakes(),
    status: 'running',
    sent: ['hold do#1', 'charge do#1', 'commit do#1', 'commit do#2', 'commit do#3', 'commit do#4'],
  },
  {
    row: 'pivotFails',
    how: 'parked where its policy ends',
    play: () => on(bounded).succeeds('hold').fails('commit').wakes(2),
    status: 'parked',
    sent: ['hold do#1', 'commit do#1', 'commit do#2'],
  },
  {
    row: 'pivotCancel',
    how: 'cancel, and it declines',
    play: () => atCommit().verb('cancel').declines('commit'),
    status: 'compensating',
    sent: ['hold do#1', 'charge do#1', 'commit do#1', 'charge undo#1'],
  },
  {
    row: 'pivotCancel',
    how: 'cancel, and it succeeds',
    play: () => atCommit().verb('cancel').succeeds('commit').succeeds('ship'),
    status: 'completed',
    sent: ['hold do#1', 'charge do#1', 'commit do#1', 'ship do#1'],
  },
  {
    row: 'afterPivot',
    how: 'declined',
    play: () => afterCommit().declines('ship'),
    status: 'parked',
    sent: ['hold do#1', 'charge do#1', 'commit do#1', 'ship do#1'],
  },
  {
    row: 'afterPivot',
    how: "the policy's end",
    play: () => on(bounded).succeeds('hold').succeeds('commit').fails('ship').wakes(2),
    status: 'parked',
    sent: ['hold do#1', 'commit do#1', 'ship do#1', 'ship do#2'],
  },
  {
    row: 'siblings',
    how: 'declined',
    play: () => on(fork).declines('hold'),
    status: 'compensating',
    sent: ['hold do#1', 'charge do#1', 'note do#1', 'charge undo#1', 'note undo#1'],
  },
  {
    row: 'siblings',
    how: 'used up, and one of them is unsent',
    play: () => {
      const drive = on(fork).fails('hold').wakes();
      drive.unsent.add('charge');
      return drive.fails('hold');
    },
    status: 'compensating',
    sent: ['hold do#1', 'note do#1', 'hold do#2', 'hold undo#1', 'note undo#1'],
  },
  {
    row: 'lateSuccess',
    how: 'counted',
    play: () => on(line).wakes(3).succeeds('hold'),
    status: 'compensating',
    sent: ['hold do#1', 'hold do#2', 'hold undo#1'],
    reason: 'late',
  },
  {
    row: 'contradiction',
    how: 'parked',
    play: () => on(line).succeeds('hold').declines('charge').succeeds('charge'),
    status: 'parked',
    sent: ['hold do#1', 'charge do#1', 'hold undo#1'],
  },
  {
    row: 'finished',
    how: 'a reply of a finished saga',
    play: () => afterCommit().succeeds('ship').succeeds('ship'),
    status: 'completed',
    sent: ['hold do#1', 'charge do#1', 'commit do#1', 'ship do#1'],
    reason: 'finished',
  },
  {
    row: 'finished',
    how: 'a timer of a finished saga',
    play: () => afterCommit().succeeds('ship').after(99_999),
    status: 'completed',
    sent: ['hold do#1', 'charge do#1', 'commit do#1', 'ship do#1'],
    reason: 'held',
  },
  {
    row: 'finished',
    how: 'another round',
    play: () => on(line).succeeds('hold', {}, { round: 2 }),
    status: 'running',
    sent: ['hold do#1'],
    reason: 'other round',
  },
  {
    row: 'finished',
    how: 'another step',
    play: () => on(line).succeeds('charge'),
    status: 'running',
    sent: ['hold do#1'],
    reason: 'not awaited',
  },
  {
    row: 'finished',
    how: 'another epoch of a call',
    play: () => {
      const drive = on(waiting).give(signal).succeeds('hold').wakes(2);
      const failed = { kind: 'failed', code: 'X', message: '502' } as const;
      return drive.give({
        kind: 'callFinished',
        step: 'wire',
        round: 1,
        direction: 'do',
        attempt: 1,
        outcome: failed,
      });
    },
    status: 'running',
    sent: ['hold do#1'],
    reason: 'stale attempt',
  },
  {
    row: 'finished',
    how: 'a second signal',
    play: () => on(waiting).give(signal).give(signal),
    status: 'running',
    sent: ['hold do#1'],
    reason: 'late',
  },
  {
    row: 'parkedReply',
    how: 'it moves nothing',
    play: () => on(line).breaksContract('hold').succeeds('hold'),
    status: 'parked',
    sent: ['hold do#1'],
  },
  {
    row: 'parkedCancel',
    how: 'cancel',
    play: () => on(line).breaksContract('hold').verb('cancel'),
    status: 'compensating',
    sent: ['hold do#1', 'hold undo#1'],
  },
  {
    row: 'pausedDeadline',
    how: 'stopped',
    play: () => on(line).verb('pause').after(99_999),
    status: 'running',
    sent: ['hold do#1'],
    reason: 'held',
  },
  {
    row: 'pausedDeadline',
    how: 'resumed',
    play: () => on(line).verb('pause').after(99_999).verb('resume').after(9_999),
    status: 'running',
    sent: ['hold do#1'],
    reason: 'not due',
  },
  {
    row: 'pausedReply',
    how: 'a reply',
    play: () => on(line).verb('pause').succeeds('hold'),
    status: 'running',
    sent: ['hold do#1'],
  },
  {
    row: 'pausedReply',
    how: 'a signal',
    play: () => on(waiting).verb('pause').give(signal),
    status: 'running',
    sent: [],
  },
  {
    row: 'cancel',
    how: 'before the pivot',
    play: () => on(line).verb('cancel'),
    status: 'compensating',
    sent: ['hold do#1', 'hold undo#1'],
  },
  {
    row: 'cancel',
    how: 'after the pivot',
    play: () => afterCommit().verb('cancel'),
    status: 'running',
    sent: ['hold do#1', 'charge do#1', 'commit do#1', 'ship do#1'],
    reason: 'the pivot has committed: there is no way back',
  },
  {
    row: 'cancel',
    how: 'while compensating',
    play: () => on(line).verb('cancel').verb('cancel'),
    status: 'compensating',
    sent: ['hold do#1', 'hold undo#1'],
    reason: 'already compensating',
  },
  {
    row: 'round',
    how: 'not settled',
    play: () => on(bounded).succeeds('hold').wakes(3).verb('retry'),
    status: 'running',
    sent: ['hold do#1', 'commit do#1', 'commit do#2', 'commit do#3'],
  },
  {
    row: 'round',
    how: 'declined',
    play: () => afterCommit().declines('ship').verb('retry').succeeds('ship', {}, { round: 2 }),
    status: 'completed',
    sent: ['hold do#1', 'charge do#1', 'commit do#1', 'ship do#1', 'ship do#1'],
  },
  {
    row: 'journalFull',
    how: 'with the next entry',
    play: () => {
      const drive = on(line);
      drive.instance = { ...drive.instance, seq: maxJournalEntries - 1 };
      drive.journal.push(...Array.from({ length: maxJournalEntries - 2 }, (_, index) => empty(index + 2)));
      return drive.succeeds('hold');
    },
    status: 'parked',
    sent: ['hold do#1', 'charge do#1'],
  },
];

function empty(seq: number): Drive['journal'][number] {
  return { seq, at: 0, cause: { kind: 'filler' }, events: [] };
}

for (const [name, { where, event, happens }] of Object.entries(designRows)) {
  const its = cases.filter(({ row }) => row === name);
  // Whether there is an instance is known outside the machine only.
  if (name === 'unknownReply' || name === 'unknownSignal') continue;
  describe(`${where} | ${event} | ${happens}`, () => {
    it('has cases', () => {
      expect(its).not.toEqual([]);
    });
    for (const { how, play, status, sent, reason } of its) {
      it(how, () => {
        const drive = play();
        expect({ status: drive.status, reason: drive.reason, sent: drive.takeSent() }).toEqual({
          status,
          reason,
          sent,
        });
      });
    }
  });
}
