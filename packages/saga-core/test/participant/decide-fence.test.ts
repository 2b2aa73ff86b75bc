import { describe, expect, it } from 'vitest';
import { decideFence, type FenceDecision } from '../../src/participant/decide-fence.js';
import type { FenceRow } from '../../src/participant/fence-store.js';

const rows: Record<FenceRow['status'], FenceRow> = {
  fresh: { status: 'fresh', doReply: null, undoReply: null },
  succeeded: { status: 'succeeded', doReply: '{"id":1}', undoReply: null },
  declined: { status: 'declined', doReply: '{"why":"no"}', undoReply: null },
  tombstone: { status: 'tombstone', doReply: null, undoReply: null },
  undone: { status: 'undone', doReply: '{"id":1}', undoReply: '{"gone":1}' },
  accepted: { status: 'accepted', doReply: null, undoReply: null, pending: '{}' },
  undoing: { status: 'undoing', doReply: '{"id":1}', undoReply: null, pending: '{}' },
};

describe('a do at the fence', () => {
  it.each<[FenceRow['status'], string, FenceDecision]>([
    ['fresh', 'runs: nothing is known of it', { kind: 'run' }],
    [
      'succeeded',
      'is answered again with the stored reply',
      { kind: 'answer', outcome: 'succeeded', replyJson: '{"id":1}' },
    ],
    [
      'declined',
      'is declined again with the stored reply',
      { kind: 'answer', outcome: 'declined', replyJson: '{"why":"no"}' },
    ],
    ['tombstone', 'is refused: its undo came first', { kind: 'refuse' }],
    ['undone', 'is refused: it has been undone', { kind: 'refuse' }],
    ['accepted', 'is accepted again: it is being worked on', { kind: 'accepted' }],
    ['undoing', 'is refused: it is being undone', { kind: 'refuse' }],
  ])('%s: %s', (status, _, decision) => {
    expect(decideFence(rows[status], { direction: 'do' })).toEqual(decision);
  });
});

describe('an undo at the fence', () => {
  it.each<[FenceRow['status'], string, FenceDecision]>([
    ['fresh', 'closes the round without a handler: the do never came', { kind: 'close' }],
    ['declined', 'closes the round without a handler: the do changed nothing', { kind: 'close' }],
    ['succeeded', 'runs', { kind: 'run' }],
    ['accepted', 'runs: the effect may have begun', { kind: 'run' }],
    ['undoing', 'is accepted again: it is being worked on', { kind: 'accepted' }],
    [
      'tombstone',
      'is answered again: it was closed before',
      { kind: 'answer', outcome: 'succeeded', replyJson: 'null' },
    ],
    [
      'undone',
      'is answered again with the stored reply',
      { kind: 'answer', outcome: 'succeeded', replyJson: '{"gone":1}' },
    ],
  ])('%s: %s', (status, _, decision) => {
    expect(decideFence(rows[status], { direction: 'undo' })).toEqual(decision);
  });
});

describe('the fence of a command that answers nothing', () => {
  it('answers null again', () => {
    expect(decideFence({ status: 'succeeded', doReply: null, undoReply: null }, { direction: 'do' })).toMatchObject({
      replyJson: 'null',
    });
  });
});

describe('the fence of a command whose row was pruned', () => {
  it('runs its undo where the do is known to be done, and then no copy of the do', () => {
    expect(decideFence(rows.fresh, { direction: 'undo', isDone: true })).toEqual({ kind: 'run' });
    expect(decideFence(rows.undone, { direction: 'do' })).toEqual({ kind: 'refuse' });
  });
});

describe('whatever arrives in whatever order', () => {
  type Arrival = 'do' | 'undo';
  const orders = (left: number): Arrival[][] =>
    left === 0
      ? [[]]
      : orders(left - 1).flatMap((rest): Arrival[][] => [
          ['do', ...rest],
          ['undo', ...rest],
        ]);

  it.each(['succeeded', 'declined'] as const)(
    'the effect happens at most once, is undone at most once, and never after an undo: the do %s',
    (result) => {
      for (const order of orders(5)) {
        let row = rows.fresh;
        const effects: Arrival[] = [];
        for (const direction of order) {
          const decision = decideFence(row, { direction });
          if (decision.kind === 'run' && direction === 'do') row = { ...row, status: result, doReply: '1' };
          if (decision.kind === 'run' && direction === 'undo') row = { ...row, status: 'undone', undoReply: '2' };
          if (decision.kind === 'close') row = { ...row, status: 'tombstone' };
          if (decision.kind === 'run' && (direction === 'undo' || result === 'succeeded')) effects.push(direction);
        }
        expect([[], ['do'], ['do', 'undo']]).toContainEqual(effects);
        if (order.includes('undo')) expect(effects).not.toEqual(['do']);
      }
    },
  );
});
