import type { Direction } from './saga-input.js';

/** What the caller of `transition` has to do, in order, in the transaction that saves the instance. */
export type Effect =
  | SendCommand
  /**
   * Take these commands back if they are unsent and unclaimed, then answer with `withdrawn`, in the same transaction. Until then the
   * instance says nothing further.
   */
  | { readonly kind: 'withdrawCommands'; readonly commandIds: readonly string[] }
  /** Run the author's function in a savepoint of the same transaction, then answer with `localFinished`. */
  | { readonly kind: 'runLocal'; readonly step: string; readonly direction: Direction }
  /** Call the author's function once the transaction has committed, and answer with `callFinished`. */
  | StartCall
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

/** A call's lease outlives its timeout by this much: whoever runs it has been told to stop before anybody else begins. */
export const callGraceMs = 5_000;

export interface SendCommand {
  readonly kind: 'sendCommand';
  readonly commandId: string;
  readonly participant: string;
  /** The contract's name of it, or `tombstoneCommand` for an undo that only fences. */
  readonly command: string;
  readonly step: string;
  readonly round: number;
  readonly direction: Direction;
  readonly attempt: number;
  readonly firstSentAt: number;
  readonly data: unknown;
}

/** The library's own undo of a step with 'nothing to undo' whose outcome nobody knows: it kills the copies still in flight. */
export const tombstoneCommand = 'backstitch.tombstone';
