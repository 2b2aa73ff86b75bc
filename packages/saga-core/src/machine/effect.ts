import type { Failure } from '../definition/step-context.js';
import type { WhenHeld } from '../definition/saga-locks.js';
import type { ParentStep } from './instance.js';
import type { ChildOutcome, Direction } from './saga-input.js';

/** What the caller of `transition` has to do, in order, in the transaction that saves the instance. */
export type Effect =
  | SendCommand
  /**
   * Take these commands back if they are unsent and unclaimed, then answer with `withdrawn`, in the same transaction. Until then the
   * instance says nothing further.
   */
  | { readonly kind: 'withdrawCommands'; readonly commandIds: readonly string[] }
  /** Look whether it is the first in the queues of all its keys, and answer with `locksChecked`, in the same transaction. */
  | { readonly kind: 'checkLocks' }
  /** Put it into the queues of its keys, and answer with `locksTaken`, in the same transaction. */
  | { readonly kind: 'takeLocks'; readonly keys: readonly string[]; readonly whenHeld: WhenHeld }
  /** Run the author's function in a savepoint of the same transaction, then answer with `localFinished`. */
  | { readonly kind: 'runLocal'; readonly step: string; readonly direction: Direction }
  /** Call the author's function once the transaction has committed, and answer with `callFinished`. */
  | StartCall
  /** Insert the child: its id follows from `key`, its input is what the step sent. */
  | StartChild
  /** Tell the child that is named by `key` that it is undone. */
  | { readonly kind: 'undoChild'; readonly step: string; readonly key: string; readonly failure: Failure }
  /** Tell whose step this instance is what became of it. */
  | { readonly kind: 'tellParent'; readonly parent: ParentStep; readonly outcome: ChildOutcome }
  | { readonly kind: 'finished'; readonly status: 'completed' | 'compensated' }
  /** A person is needed. */
  | { readonly kind: 'alert'; readonly code: string; readonly message: string; readonly step?: string };

export interface StartCall {
  readonly kind: 'startCall';
  readonly step: string;
  readonly round: number;
  readonly direction: Direction;
  readonly attempt: number;
  readonly idempotencyKey: string;
}

export interface StartChild {
  readonly kind: 'startChild';
  readonly step: string;
  readonly round: number;
  /** The effect key of this round: the same child through all its life. */
  readonly key: string;
}

/** A call's lease outlives its timeout, or the time of its heartbeat, by this much: whoever runs it has been told to stop before anybody else begins. */
export const callGraceMs = 5_000;

export interface SendCommand {
  readonly kind: 'sendCommand';
  readonly commandId: string;
  readonly participant: string;
  /** The contract's name of it, or `tombstoneCommand` for an undo that only fences. */
  readonly command: string;
  /** The name that the step is sent under: see `sentAs`. */
  readonly step: string;
  readonly round: number;
  readonly direction: Direction;
  readonly attempt: number;
  readonly firstSentAt: number;
  /** Of an undo: the do is known to have taken effect. */
  readonly isDone?: true;
  readonly data: unknown;
}

/** The library's own undo of a step with 'nothing to undo' whose outcome nobody knows: it kills the copies still in flight. */
export const tombstoneCommand = 'backstitch.tombstone';
