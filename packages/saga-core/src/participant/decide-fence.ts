import type { Direction } from '../machine/saga-input.js';
import type { FenceRow } from './fence-store.js';

/** What a command finds at its fence. Pure: the row is locked by whoever asks. */
export type FenceDecision =
  /** Call the handler. */
  | { readonly kind: 'run' }
  /** It was answered before: the same answer again, the handler is not called. */
  | { readonly kind: 'answer'; readonly outcome: 'succeeded' | 'declined'; readonly replyJson: string }
  /** It was accepted and is still being worked on: that is said again, and the handler is not called. */
  | { readonly kind: 'accepted' }
  /** An undo has closed this round: a late do must not take effect. */
  | { readonly kind: 'refuse' }
  /** There is nothing to undo: close the round against copies still in flight, and say done. The handler is not called. */
  | { readonly kind: 'close' };

/** The command that asks. `isDone`: of an undo, whose sender knows that the do took effect. */
export interface Asked {
  readonly direction: Direction;
  readonly isDone?: boolean;
}

/**
 * Do and undo of one step's round share a row, so that whichever comes first is seen by the other: a late do after its undo is refused
 * (hanging), an undo of a do that never came changes nothing (null compensation), and a copy of either gets the stored answer. After the
 * barrier of DTM, over a broker.
 */
export function decideFence(row: FenceRow, { direction, isDone = false }: Asked): FenceDecision {
  return direction === 'do' ? decideDo(row) : decideUndo(row, isDone);
}

function decideDo(row: FenceRow): FenceDecision {
  switch (row.status) {
    case 'fresh':
      return { kind: 'run' };
    case 'succeeded':
    case 'declined':
      return { kind: 'answer', outcome: row.status, replyJson: row.doReply ?? 'null' };
    case 'accepted':
      return { kind: 'accepted' };
    case 'tombstone':
    case 'undone':
    case 'undoing':
      return { kind: 'refuse' };
    default:
      return row.status satisfies never;
  }
}

function decideUndo(row: FenceRow, isDone: boolean): FenceDecision {
  switch (row.status) {
    case 'fresh':
      // Its row was pruned, and its effect is still there.
      return isDone ? { kind: 'run' } : { kind: 'close' };
    case 'declined':
      return { kind: 'close' };
    case 'succeeded':
    // Its effect may have begun: whoever undoes it has to stop it, and whoever works on it hears that it is fenced.
    case 'accepted':
      return { kind: 'run' };
    case 'undoing':
      return { kind: 'accepted' };
    case 'tombstone':
    case 'undone':
      return { kind: 'answer', outcome: 'succeeded', replyJson: row.undoReply ?? 'null' };
    default:
      return row.status satisfies never;
  }
}
