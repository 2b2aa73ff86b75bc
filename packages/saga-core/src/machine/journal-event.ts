import type { Failure } from '../definition/step-context.js';
import type { ParentStep } from './instance.js';
import type { Direction } from './saga-input.js';

/**
 * What the machine decided, one fact each. An instance is the fold of its events; folding never calls the author's code, because the
 * answers of the author's functions stand in the events (`sent`, `output`).
 */
export type JournalEvent =
  | { readonly kind: 'sagaStarted'; readonly parent?: ParentStep; readonly locks?: StartedLocks }
  /** It was the first in the queues of all its keys. */
  | { readonly kind: 'locksGranted' }
  | { readonly kind: 'stepDispatched'; readonly step: string; readonly round: number; readonly sent?: unknown }
  /** What a fan-out goes over: `over` was asked once. */
  | { readonly kind: 'itemsPlanned'; readonly step: string; readonly items: readonly unknown[] }
  | { readonly kind: 'stepSucceeded'; readonly step: string; readonly output?: unknown }
  /** Definite: nothing of this step took effect. `failure` is absent after the pivot, where nothing is undone. */
  | { readonly kind: 'stepDeclined'; readonly step: string; readonly failure?: Failure }
  /** Nobody knows whether it took effect: it is undone too. */
  | { readonly kind: 'stepUnknown'; readonly step: string; readonly failure?: Failure }
  | {
      readonly kind: 'stepSkipped';
      readonly step: string;
      readonly why: SkipReason;
      readonly failure?: Failure;
      readonly output?: unknown;
    }
  /** A signal that came before its step waits for it. */
  | { readonly kind: 'signalKept'; readonly step: string; readonly id: string; readonly body?: unknown }
  | { readonly kind: 'undoDispatched'; readonly step: string; readonly sent?: unknown }
  | { readonly kind: 'stepCompensated'; readonly step: string }
  /** Its undo was given up, as the author said; the others go on. */
  | { readonly kind: 'compensationGivenUp'; readonly step: string; readonly code: string; readonly message: string }
  | { readonly kind: 'compensationStarted'; readonly failure: Failure }
  | { readonly kind: 'cancelRequested'; readonly failure: Failure }
  | { readonly kind: 'sagaCompleted'; readonly output?: unknown }
  | { readonly kind: 'sagaCompensated' }
  | {
      readonly kind: 'sagaParked';
      readonly step?: string;
      readonly code: string;
      readonly message: string;
      readonly evidence?: unknown;
    }
  | { readonly kind: 'sagaUnparked' }
  | { readonly kind: 'evidenceKept'; readonly step: string; readonly outcome: string; readonly body?: unknown }
  | { readonly kind: 'roundOpened'; readonly step: string; readonly round: number }
  /** An operator put another payload in the place of the author's. */
  | { readonly kind: 'payloadCorrected'; readonly step: string; readonly direction: Direction; readonly data?: unknown }
  | { readonly kind: 'sagaPaused' }
  | { readonly kind: 'sagaResumed' }
  | SagaMigrated;

/** Carried over to another version of its definition: from here on its steps go by the names that they have there. */
export interface SagaMigrated {
  readonly kind: 'sagaMigrated';
  readonly from: PinnedVersion;
  readonly to: PinnedVersion;
  /** Old name to new. */
  readonly renamed: Readonly<Record<string, string>>;
  readonly dropped: readonly string[];
  /** As `InstanceState` has them from here on. */
  readonly sentAs: Readonly<Record<string, string>>;
  readonly retired: readonly string[];
  /** Where it was mapped. */
  readonly input?: unknown;
  /** Those that were mapped, by the step's new name. One without an output has none any more. */
  readonly outputs: readonly { readonly step: string; readonly output?: unknown }[];
}

export interface PinnedVersion {
  readonly version: number;
  readonly hash: string;
}

/** The keys that an instance took at its start, or went to wait for. */
export interface StartedLocks {
  readonly keys: readonly string[];
  readonly inherited?: readonly string[];
  readonly status: 'held' | 'waiting';
}

/**
 * `when` answered no · its command was taken back unsent · the broker refused every attempt · a sibling failed before it ran · an operator said so ·
 * the instance was carried over past its place.
 */
export type SkipReason = 'when' | 'withdrawn' | 'neverDelivered' | 'notRun' | 'operator' | 'migrated';

/** One row of the journal: what came in, when by the database's clock, and what followed. */
export interface JournalEntry {
  readonly seq: number;
  readonly at: number;
  readonly cause: JournalCause;
  readonly events: readonly JournalEvent[];
}

/** The input without its bodies, which stand in the events. */
export interface JournalCause {
  readonly kind: string;
  readonly step?: string;
  readonly attempt?: number;
  readonly actor?: string;
  readonly reason?: string;
}
