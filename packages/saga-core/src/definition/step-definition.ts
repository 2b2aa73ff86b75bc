import type { AnyCommand } from '@backstitch/messaging';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { ResolvedRetry } from './retry-policy.js';
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
  readonly when: ((context: AuthorContext) => boolean) | null;
}

export interface LocalStepDefinition extends StepCommon {
  readonly kind: 'local';
  readonly run: (context: AuthorContext & { readonly trx: never }) => unknown;
  readonly compensate: ((context: AuthorUndoContext & { readonly trx: never }) => unknown) | null;
}

export interface InvokeStepDefinition extends StepCommon {
  readonly kind: 'invoke';
  readonly command: AnyCommand;
  readonly timeoutMs: number;
  readonly with: (context: AuthorContext) => unknown;
  /** `null`: the author said 'nothing to undo'. */
  readonly compensate: { readonly command: AnyCommand; readonly with: (context: AuthorUndoContext) => unknown } | null;
}

export type StepDefinition = LocalStepDefinition | InvokeStepDefinition;

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
}
