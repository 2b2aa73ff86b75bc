import type { SagaDefinition } from '../definition/step-definition.js';
import type { Failure } from '../definition/step-context.js';

export const sagaStatuses = ['running', 'compensating', 'completed', 'compensated', 'parked'] as const;
export type SagaStatus = (typeof sagaStatuses)[number];

export type StepStatus =
  | 'pending'
  | 'dispatched'
  | 'succeeded'
  | 'declined'
  | 'unknown'
  | 'skipped'
  | 'compensating'
  | 'compensated'
  /** Its undo was given up, and the others went on, as its `onCompensationFailed` says. */
  | 'notCompensated';

/**
 * How a waiting step is paced: counters and times that a resend moves. They are not in the journal (a pivot that is retried for a month
 * would fill it) and so are not part of what `fold` restores.
 */
export interface Pace {
  /** The sending under way, or the one that failed last, from 1. */
  readonly attempt: number;
  /** Attempts before the policy last began to count: an operator's retry starts it afresh. */
  readonly countedFrom: number;
  /** Attempts that the broker refused: the participant cannot have seen them. */
  readonly refusals: number;
  readonly firstSentAt: number;
  /** Set while a reply is awaited. */
  readonly deadlineAt?: number;
  /** When whoever works on the attempt under way was last heard of: an `accepted`, or a call's heartbeat. */
  readonly heardAt?: number;
  /** Set while the next attempt is awaited. */
  readonly retryAt?: number;
}

export interface StepState {
  readonly status: StepStatus;
  /** Rises only by an operator's retry, when the round before is settled. */
  readonly round: number;
  /** Of one that is being undone: it is known to have taken effect. */
  readonly isDone?: true;
  readonly pace?: Pace;
}

export interface Parking {
  readonly from: 'running' | 'compensating';
  readonly step?: string;
  readonly code: string;
  readonly message: string;
  readonly at: number;
}

/** Whose step this instance is. */
export interface ParentStep {
  readonly sagaId: string;
  readonly step: string;
  readonly round: number;
}

/** When it is next looked at whether its locks are free. Not in the journal, as a step's pace is not. */
export interface LockTimes {
  readonly lookAt?: number;
  /** A child's: it stands in no queue yet. Those that are started by themselves take their places in that very transaction. */
  readonly isOutside?: true;
  readonly deadlineAt?: number;
}

/** The keys that it was started with. `waiting`: it has begun nothing yet · `released`: it is over. */
export interface InstanceLocks extends LockTimes {
  /** Those in whose queues it stands itself, sorted. */
  readonly keys: readonly string[];
  /** Those that the saga which started it holds, and so it does too. Absent for an instance that no other started. */
  readonly inherited?: readonly string[];
  readonly status: 'held' | 'waiting' | 'released';
}

/** What the `state` column holds. Step bodies (sent, output) stand once, in the journal. */
export interface InstanceState {
  readonly status: SagaStatus;
  /** Steps and items (`reserve[3]`) that have been reached, by name. One that is missing is pending in its first round. */
  readonly steps: Readonly<Record<string, StepState>>;
  /** Why it is being undone: the first failure. */
  readonly failure?: Failure;
  /** A cancel that waits for the pivot's answer. */
  readonly cancel?: Failure;
  readonly parked?: Parking;
  /** When it was paused; beside the status, not one. */
  readonly pausedAt?: number;
  /** The saga's own deadline. */
  readonly deadlineAt?: number;
  readonly evidence?: number;
  /** Absent where it was started by itself. */
  readonly parent?: ParentStep;
  /** After a migration: the names that steps had when they began to be sent under, by the names that they have now. */
  readonly sentAs?: Readonly<Record<string, string>>;
  /** Names that commands of dropped steps carried: no command of another step may. */
  readonly retired?: readonly string[];
  /** Set by a migration: it then goes on from where it stands. Like pace, not part of what `fold` restores. */
  readonly goesOnAt?: number;
  readonly locks?: InstanceLocks;
}

export interface StepBodies {
  readonly sent?: unknown;
  readonly output?: unknown;
  readonly undo?: unknown;
  /** Of a fan-out: the list that it goes over. */
  readonly items?: readonly unknown[];
  /** What an operator put in the place of the author's payload. It is used once. */
  readonly corrected?: { readonly data?: unknown };
  /** A signal that came before its step began to wait. */
  readonly signal?: { readonly id: string; readonly body?: unknown };
}

/** One execution of a saga, as the machine sees it. */
export interface SagaInstance {
  readonly id: string;
  readonly saga: string;
  readonly version: number;
  readonly hash: string;
  /** Immutable. */
  readonly input: unknown;
  /** Entries in its journal. */
  readonly seq: number;
  readonly state: InstanceState;
  readonly bodies: Readonly<Record<string, StepBodies>>;
  /** What `output` answered, once completed. */
  readonly output?: unknown;
}

export function isTerminal(status: SagaStatus): boolean {
  return status === 'completed' || status === 'compensated';
}

const untouched: StepState = { status: 'pending', round: 1 };
export function stepStateOf(state: InstanceState, step: string): StepState {
  return Object.hasOwn(state.steps, step) ? (state.steps[step] ?? untouched) : untouched;
}

/** What an instance hands down to those that it starts. */
export function heldKeys({ locks }: InstanceState): readonly string[] {
  return locks === undefined ? [] : [...(locks.inherited ?? []), ...locks.keys].sort();
}

export interface NewInstance {
  readonly id: string;
  readonly input: unknown;
  readonly now: number;
  readonly parent?: ParentStep;
  /** What its parent holds. */
  readonly inherited?: readonly string[];
}

/** An instance before its first input, `started`. */
export function newInstance(
  definition: SagaDefinition,
  { id, input, now, parent, inherited = [] }: NewInstance,
): SagaInstance {
  const locks = inherited.length === 0 ? {} : { locks: { keys: [], inherited, status: 'held' } as const };
  const deadline = definition.timeoutMs === null ? {} : { deadlineAt: now + definition.timeoutMs };
  return {
    id,
    saga: definition.name,
    version: definition.version,
    hash: definition.hash,
    input,
    seq: 0,
    state: { status: 'running', steps: {}, ...deadline, ...(parent === undefined ? {} : { parent }), ...locks },
    bodies: {},
  };
}
