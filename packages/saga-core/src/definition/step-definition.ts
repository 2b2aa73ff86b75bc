import type { AnyCommand } from '@backstitch/messaging';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { ResolvedRetry } from './retry-policy.js';
import type { LocksDefinition } from './saga-locks.js';
import type { Failure } from './step-context.js';

/** Before the point of no return, the point itself, after it. */
export type Phase = 'compensatable' | 'pivot' | 'retriable';

/** What the machine hands to the author's functions. The typed faces in `step-list.ts` are views of it. */
export interface AuthorContext {
  readonly sagaId: string;
  readonly input: unknown;
  readonly steps: Readonly<Record<string, unknown>>;
}
export interface AuthorUndoContext extends AuthorContext {
  readonly failure: Failure;
  readonly sent?: unknown;
  readonly output?: unknown;
}

interface StepCommon {
  readonly name: string;
  readonly phase: Phase;
  /** Index into `SagaDefinition.stages`. */
  readonly stage: number;
  readonly retry: ResolvedRetry;
  readonly undoRetry: ResolvedRetry;
  /** What follows where `undoRetry` has an end and has come to it. */
  readonly onCompensationFailed: OnCompensationFailed;
  readonly when: ((context: AuthorContext) => boolean) | null;
}

/** Stop for a person · go on undoing the others, and end with this one not compensated. */
export type OnCompensationFailed = 'park' | 'continue';

export interface LocalStepDefinition extends StepCommon {
  readonly kind: 'local';
  readonly run: (context: AuthorContext & { readonly trx: never }) => unknown;
  readonly compensate: ((context: AuthorUndoContext & { readonly trx: never }) => unknown) | null;
}

export interface InvokeStepDefinition extends StepCommon {
  readonly kind: 'invoke';
  readonly command: AnyCommand;
  readonly timeoutMs: number;
  /** How long an attempt that its participant has accepted may stay silent. */
  readonly acceptedTimeoutMs: number;
  readonly with: (context: AuthorContext) => unknown;
  /** `null`: the author said 'nothing to undo'. */
  readonly compensate: { readonly command: AnyCommand; readonly with: (context: AuthorUndoContext) => unknown } | null;
}

/** What the author's functions of a fan-out see beside: which one of the list this is. */
export interface ItemExtras {
  readonly item: unknown;
  /** From 0. */
  readonly index: number;
}

/**
 * A participant's command for each element of a list. The step itself is only a group: every item is a unit of its own, with an outcome, a
 * fence row and an undo, named `step[index]`.
 */
export interface EachStepDefinition extends StepCommon {
  readonly kind: 'each';
  readonly command: AnyCommand;
  readonly timeoutMs: number;
  /** As of an invoke step, for each item. */
  readonly acceptedTimeoutMs: number;
  /** Items that are under way side by side, forward and back. */
  readonly concurrency: number;
  /** Called once: the list is recorded. */
  readonly over: (context: AuthorContext) => readonly unknown[];
  readonly with: (context: AuthorContext & ItemExtras) => unknown;
  readonly compensate: {
    readonly command: AnyCommand;
    readonly with: (context: AuthorUndoContext & ItemExtras) => unknown;
  } | null;
}

/** Another saga of the same engine. It is undone as a whole, after it has completed too, so before the pivot it has none of its own. */
export interface ChildStepDefinition extends StepCommon {
  readonly kind: 'child';
  readonly saga: SagaDefinition;
  readonly with: (context: AuthorContext) => unknown;
  /** A child undoes itself. */
  readonly compensate: null;
}

/** A function of this process's that reaches outside (HTTP), under a lease and outside any transaction: at-least-once, with a key. */
export interface CallStepDefinition extends StepCommon {
  readonly kind: 'call';
  readonly run: (context: AuthorContext & CallExtras) => unknown;
  readonly compensate: ((context: AuthorUndoContext & CallExtras) => unknown) | null;
  /** How long one attempt may take; then its signal is aborted. The lease is `callGraceMs` longer. */
  readonly timeoutMs: number;
  /** How long it may go without a heartbeat; then the lease is `callGraceMs` longer than this. `null`: it says nothing until it ends. */
  readonly heartbeatMs: number | null;
}

export interface CallExtras {
  /** The effect key: the same through all attempts of a round. Send it as the `Idempotency-Key`. */
  readonly idempotencyKey: string;
  /** Aborted when the attempt's time is up, its heartbeats stay away, its lease is lost, or the engine closes. */
  readonly signal: AbortSignal;
  /** Says that it goes on. However often it is called, the lease is renewed at most three times a `heartbeat`. */
  readonly heartbeat: () => void;
}

/** Waits by the database's clock, for as long as it takes. */
export interface SleepStepDefinition extends StepCommon {
  readonly kind: 'sleep';
  readonly durationMs: number;
  readonly compensate: null;
}

/** Waits for somebody to say something: a person's approval, a webhook. The signal's name is the step's. */
export interface WaitStepDefinition extends StepCommon {
  readonly kind: 'wait';
  readonly signal: StandardSchemaV1;
  /** `null` waits for ever. */
  readonly timeoutMs: number | null;
  readonly onTimeout: OnTimeout;
  readonly compensate: null;
}

/** What a signal that did not come in time means: turn back · go on without it · stop for a person. */
export type OnTimeout = 'compensate' | 'continue' | 'park';

/** What has an outcome of its own. An item of a fan-out is an invoke step. */
export type UnitDefinition =
  | LocalStepDefinition
  | InvokeStepDefinition
  | CallStepDefinition
  | ChildStepDefinition
  | SleepStepDefinition
  | WaitStepDefinition;

export type StepDefinition = UnitDefinition | EachStepDefinition;

/** One place in the list: a single step, or a group whose branches run side by side. */
export type Stage = readonly StepDefinition[];

/** A saga as data. What happens next is `transition(definition, instance, input, now)`. */
export interface SagaDefinition {
  readonly name: string;
  readonly version: number;
  /** Covers names, kinds, order, commands and pivot; not functions, timeouts or retry policies. */
  readonly hash: string;
  readonly input: StandardSchemaV1;
  readonly stages: readonly Stage[];
  readonly steps: ReadonlyMap<string, StepDefinition>;
  readonly output:
    | ((context: { readonly input: unknown; readonly steps: Readonly<Record<string, unknown>> }) => unknown)
    | null;
  /** The whole saga's own deadline, `null` for none. */
  readonly timeoutMs: number | null;
  /** Not in the hash: an instance's keys are recorded at its start, so this may change without a new version. */
  readonly locks: LocksDefinition | null;
}
