import type { Failure } from '../definition/step-context.js';
import type { StartedLocks } from './journal-event.js';

/** What can happen to an instance. Everything enters through `transition`, operators' verbs too. */
export type SagaInput =
  | { readonly kind: 'started'; readonly locks?: StartedLocks }
  | RepliedInput
  /** The broker refused the command's record for good. */
  | {
      readonly kind: 'notSent';
      readonly step: string;
      readonly round: number;
      readonly direction: Direction;
      readonly code: string;
      readonly message: string;
    }
  | {
      readonly kind: 'localFinished';
      readonly step: string;
      readonly direction: Direction;
      readonly outcome: LocalOutcome;
    }
  /** A call of this or another process came back. `attempt` names which. */
  | {
      readonly kind: 'callFinished';
      readonly step: string;
      readonly round: number;
      readonly direction: Direction;
      readonly attempt: number;
      readonly outcome: LocalOutcome;
    }
  /** The child of a step has come to its end. */
  | {
      readonly kind: 'childFinished';
      readonly step: string;
      readonly round: number;
      readonly outcome: ChildOutcome;
    }
  /** Whose step this instance is, is being undone: a completed child is taken back too. */
  | { readonly kind: 'parentTurnedBack'; readonly failure: Failure }
  /** Whoever makes a call says that it goes on: its lease is renewed. */
  | {
      readonly kind: 'callBeat';
      readonly step: string;
      readonly round: number;
      readonly direction: Direction;
      readonly attempt: number;
    }
  /** Somebody said what a `waitFor` waits for. The body fits the step's schema: whoever took it in checked that. */
  | { readonly kind: 'signalled'; readonly step: string; readonly id: string; readonly body: unknown }
  /** Time has passed. `unsent` holds the ids of commands that still lie in the outbox. */
  | { readonly kind: 'deadlineReached'; readonly unsent: readonly string[] }
  /** The answer to a `withdrawCommands` effect: which of them were taken back. */
  | { readonly kind: 'withdrawn'; readonly commandIds: readonly string[] }
  /** Somebody who stood before it in the queue of one of its keys has gone. */
  | { readonly kind: 'locksFreed' }
  /** The answer to a `checkLocks` effect. */
  | { readonly kind: 'locksChecked'; readonly answer: LockAnswer }
  /** The answer to a `takeLocks` effect. */
  | { readonly kind: 'locksTaken'; readonly answer: LockTaken }
  | (Verb & { readonly kind: 'cancel' })
  /** As `cancel`, with the reason that the undos are to see. */
  | (Verb & { readonly kind: 'compensate'; readonly code?: string })
  | (Verb & { readonly kind: 'pause' })
  | (Verb & { readonly kind: 'resume' })
  /** Tries again what stands still; with another payload where nothing was sent, or what was sent is settled as without effect. */
  | (Verb & { readonly kind: 'retry'; readonly correction?: Correction })
  /** Goes on without a step, as if it had been done; later steps read `output`. */
  | (Verb & { readonly kind: 'skip'; readonly step: string; readonly output?: unknown })
  /** Says what became of the parked step, by hand. */
  | (Verb & { readonly kind: 'resolve'; readonly step: string; readonly outcome: Resolution });

/** It is the first in all its queues, or it is not; `leaving`: nor yet, but one that is before it is going in a transaction that is still open. */
export type LockAnswer = 'granted' | 'held' | 'leaving';

/** It is the first in all its queues · it stands in them · it did not want to wait · a start on the same keys has not committed. */
export type LockTaken =
  | { readonly kind: 'held' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'refused'; readonly key: string; readonly heldBy: string }
  | { readonly kind: 'busy' };

export type Direction = 'do' | 'undo';

/** What a step's command is to carry in place of what the author's function answers. */
export interface Correction {
  readonly step: string;
  readonly data: unknown;
}

export type ChildOutcome =
  | { readonly kind: 'completed'; readonly output?: unknown }
  /** By itself or at our wish: nothing of it is left. */
  | { readonly kind: 'compensated'; readonly failure: Failure };

export interface RepliedInput {
  readonly kind: 'replied';
  readonly step: string;
  readonly round: number;
  readonly direction: Direction;
  readonly attempt: number;
  /** The participant on whose reply topic it came, where the broker vouches for that: no other participant's answer counts. */
  readonly from?: string;
  readonly outcome: ReplyOutcome | Acceptance;
}

/** No outcome yet: the attempt is being worked on. Said again it is a heartbeat. */
export interface Acceptance {
  readonly kind: 'accepted';
}

export type ReplyOutcome =
  | { readonly kind: 'succeeded'; readonly output?: unknown }
  /** It took effect, but its body is not what the contract says. */
  | { readonly kind: 'contractBroken'; readonly message: string; readonly body: unknown }
  | { readonly kind: 'declined'; readonly code: string; readonly message: string; readonly detail?: unknown }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

export type LocalOutcome =
  | { readonly kind: 'succeeded'; readonly output?: unknown }
  | { readonly kind: 'declined'; readonly code: string; readonly message: string; readonly detail?: unknown }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** What a person found out about a step: it took effect (with this output) · it had none · its undo is done. */
export type Resolution =
  | { readonly kind: 'succeeded'; readonly output?: unknown }
  | { readonly kind: 'declined'; readonly code: string; readonly message: string }
  | { readonly kind: 'compensated' };

/** An operator's word: who and why, kept in the journal. */
export interface Verb {
  readonly actor: string;
  readonly reason: string;
}
