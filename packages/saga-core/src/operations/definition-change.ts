import type { StepStatus } from '../machine/instance.js';

/**
 * What a change means for an instance that lives on the definition as it was:
 * - `safe`: the new one may take the old one's place, under the same version.
 * - `safe for new ones only`: under a new version; live instances finish on the old one, which stays registered.
 * - `needs a migration`: as before; and no live instance could be carried over without rewriting its state.
 * - `unsafe`: carried over, a live instance would lose a promise: an effect that is not undone, one undone past the pivot, one done twice.
 */
export type ChangeClass = (typeof changeClasses)[number];
/** From harmless to harmful. */
export const changeClasses = ['safe', 'safe for new ones only', 'needs a migration', 'unsafe'] as const;

export type ChangeKind =
  | 'saga renamed'
  | 'version not raised'
  | 'step added'
  | 'step removed'
  | 'step renamed'
  | 'order changed'
  | 'kind changed'
  | 'child changed'
  | 'command changed'
  | 'participant changed'
  | 'undo added'
  | 'undo changed'
  | 'undo removed'
  | 'pivot changed'
  | 'when changed'
  | 'pace changed';

export interface DefinitionChange {
  readonly kind: ChangeKind;
  readonly class: ChangeClass;
  /** The step's name as it was; of an added one its new name. Absent where it concerns the saga as a whole. */
  readonly step?: string;
  readonly words: string;
  /** Which live instances it concerns: those with one of these steps in one of these statuses; or all of them. */
  readonly concerns: 'all' | readonly Concern[];
}

export interface Concern {
  readonly step: string;
  readonly statuses: readonly StepStatus[];
}

/** Begun, whatever came of it. */
export const reached = [
  'dispatched',
  'succeeded',
  'declined',
  'unknown',
  'skipped',
  'compensating',
  'compensated',
] as const satisfies readonly StepStatus[];
/** It may have an effect that is not taken back yet. */
export const inEffect = ['dispatched', 'succeeded', 'unknown', 'compensating'] as const satisfies readonly StepStatus[];
/** An answer is awaited, or what was sent is still to be undone. */
export const underWay = ['dispatched', 'unknown', 'compensating'] as const satisfies readonly StepStatus[];
