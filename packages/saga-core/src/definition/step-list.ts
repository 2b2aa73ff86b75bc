import type { AnyCommand, Command, ReplyOf, RequestOf } from '@backstitch/messaging';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Duration } from './duration.js';
import type { SagaTypeError, Serializable } from './json-value.js';
import type { RetryPolicy } from './retry-policy.js';
import type {
  CallContext,
  CallUndoContext,
  LocalContext,
  LocalUndoContext,
  RemoteUndoContext,
  StepContext,
} from './step-context.js';
import type { OnCompensationFailed, SagaDefinition } from './step-definition.js';

/**
 * The typed step list: a chained builder, the only form in which TypeScript lets step n see the outputs of the steps before it.
 * Outputs are kept as a flat union of `[name, output]` pairs: intersections die at 49 steps, pairs compile 150.
 */
export type Pair = readonly [string, unknown];
export type Outputs<P extends Pair> = { readonly [E in P as E[0]]: E[1] };

type NewName<N extends string, P extends Pair> = N extends P[0] ? SagaTypeError<`step "${N}" is already defined`> : N;
type NoUndo = SagaTypeError<'steps from the pivot on cannot be compensated; they are retried until they succeed'>;

/** `W` is what the predicate answers: inferred from its return, `never` where there is none. */
type Predicate<I, P extends Pair, W extends boolean> = (context: StepContext<I, Outputs<P>>) => W;
/** A step that may be skipped has an output that may be missing. */
type Maybe<O, W> = [W] extends [never] ? O : O | undefined;
type UndoCommandOf<C> = C extends Command<infer Participant> ? Command<Participant> : never;

export type Run<I, P extends Pair, O, Trx> = (context: LocalContext<I, Outputs<P>, Trx>) => Promise<O> | O;

/** How an undo is retried, and what follows where that has an end. */
interface Undoing {
  /** Default for ever, with a capped backoff. */
  readonly undoRetry?: RetryPolicy;
  /** Where `undoRetry` has an end: `park` (default) stops for a person; `continue` undoes the others and ends `notCompensated` here. */
  readonly onCompensationFailed?: OnCompensationFailed;
}

export interface LocalOptions<I, P extends Pair, O, Trx> extends Undoing {
  readonly compensate:
    | ((context: LocalUndoContext<I, Outputs<P>, NoInfer<O>, Trx>) => Promise<void> | void)
    | 'nothing to undo';
  /** For a technical failure, not for a `StepDeclined`. Default 3 attempts. */
  readonly retry?: RetryPolicy;
}

interface Sending<I, P extends Pair, C extends AnyCommand> {
  /** What the command carries. Called once; the answer is recorded, and a resend sends the recorded one. */
  readonly with: (context: StepContext<I, Outputs<P>>) => RequestOf<C>;
  /** How long one attempt waits for its reply. Default 30s. */
  readonly timeout?: Duration;
  /** How long an attempt that the participant has accepted may stay silent between heartbeats. Default: as `timeout`. */
  readonly acceptedTimeout?: Duration;
  readonly retry?: RetryPolicy;
}

export interface InvokeOptions<I, P extends Pair, C extends AnyCommand, U extends AnyCommand>
  extends Sending<I, P, C>,
    Undoing {
  /** A command of the same participant: its fence is in that participant's database. */
  readonly compensate:
    | {
        readonly command: U & UndoCommandOf<C>;
        readonly with: (context: RemoteUndoContext<I, Outputs<P>, RequestOf<C>, ReplyOf<C>>) => RequestOf<U>;
      }
    | 'nothing to undo';
}

export interface ForwardInvokeOptions<I, P extends Pair, C extends AnyCommand> extends Sending<I, P, C> {
  readonly compensate?: NoUndo;
}
export interface ForwardLocalOptions {
  readonly retry?: RetryPolicy;
  readonly compensate?: NoUndo;
}

/** What the author's functions of one item see beside the rest. */
export interface ItemContext<T> {
  readonly item: T;
  /** Its place in the list, from 0. */
  readonly index: number;
}

interface FanningOut<I, P extends Pair, C extends AnyCommand, T> {
  /** The list, at most 1,000 long. Called once; the answer is recorded. */
  readonly over: (context: StepContext<I, Outputs<P>>) => readonly T[];
  /** What the command of one item carries. */
  readonly with: (context: StepContext<I, Outputs<P>> & ItemContext<NoInfer<T>>) => RequestOf<C>;
  /** Items under way side by side, forward and back. Default 10. */
  readonly concurrency?: number;
  /** How long one attempt of an item waits for its reply. Default 30s. */
  readonly timeout?: Duration;
  readonly retry?: RetryPolicy;
}
export interface EachOptions<I, P extends Pair, C extends AnyCommand, U extends AnyCommand, T>
  extends FanningOut<I, P, C, T>,
    Undoing {
  /** For each item that had, or may have had, its effect. */
  readonly compensate:
    | {
        readonly command: U & UndoCommandOf<C>;
        readonly with: (
          context: RemoteUndoContext<I, Outputs<P>, RequestOf<C>, ReplyOf<C>> & ItemContext<NoInfer<T>>,
        ) => RequestOf<U>;
      }
    | 'nothing to undo';
}
export interface ForwardEachOptions<I, P extends Pair, C extends AnyCommand, T> extends FanningOut<I, P, C, T> {
  readonly compensate?: NoUndo;
}

export interface ChildOptions<I, P extends Pair, CI> {
  /** The child's input. Called once; the answer is recorded. */
  readonly with: (context: StepContext<I, Outputs<P>>) => CI;
  readonly compensate?: SagaTypeError<'a child undoes itself'>;
}
/** Before the pivot everything must be undone, so a child must not have a pivot of its own. */
type Undoable<S> = [PivotedOf<S>] extends [true]
  ? SagaTypeError<"a child with a pivot must come after its parent's pivot">
  : S;

export type CallRun<I, P extends Pair, O> = (context: CallContext<I, Outputs<P>>) => Promise<O> | O;

interface Calling {
  /** How long one attempt may take. Default 30s. */
  readonly timeout?: Duration;
  /** How long it may go without `heartbeat()`: the death of its process is noticed within that time. Absent: within the timeout. */
  readonly heartbeat?: Duration;
  /** Default 3 attempts; after the pivot for ever. A thrown `StepDeclined` is a business "no" and is not retried. */
  readonly retry?: RetryPolicy;
}
export interface CallOptions<I, P extends Pair, O> extends Calling, Undoing {
  readonly compensate:
    | ((context: CallUndoContext<I, Outputs<P>, NoInfer<O>>) => Promise<void> | void)
    | 'nothing to undo';
}
export interface ForwardCallOptions extends Calling {
  readonly compensate?: NoUndo;
}

export interface WaitOptions {
  /** Absent: it waits for ever. */
  readonly timeout?: Duration;
  /** Default: the saga is undone. `continue` goes on, and the output is `undefined`; `park` stops for a person. */
  readonly onTimeout?: 'compensate' | 'continue' | 'park';
}
export interface ForwardWaitOptions {
  readonly timeout?: Duration;
  /** Default: parked. After the pivot there is no way back. */
  readonly onTimeout?: 'continue' | 'park';
}
/** A signal that may stay away leaves an output that may be missing. */
type Signalled<S extends StandardSchemaV1, H> = H extends { readonly onTimeout: 'continue' }
  ? StandardSchemaV1.InferOutput<S> | undefined
  : StandardSchemaV1.InferOutput<S>;

/** Before the pivot: every step says how it is undone. */
export interface StepList<Trx, I, P extends Pair> {
  /** In a transaction of the orchestrator's own database: effect and outcome commit together. */
  local<const N extends string, O, W extends boolean = never>(
    name: N & NewName<N, P>,
    run: Run<I, P, O & Serializable<O>, Trx>,
    options: LocalOptions<I, P, O, Trx> & { readonly when?: Predicate<I, P, W> },
  ): StepList<Trx, I, P | readonly [N, Maybe<O, W>]>;
  /** A participant's command, over the broker. */
  invoke<const N extends string, C extends AnyCommand, U extends AnyCommand = never, W extends boolean = never>(
    name: N & NewName<N, P>,
    command: C,
    options: InvokeOptions<I, P, C, U> & { readonly when?: Predicate<I, P, W> },
  ): StepList<Trx, I, P | readonly [N, Maybe<ReplyOf<C>, W>]>;
  /** A participant's command for every element of a list, so many at a time; the outputs are an array in the list's order. */
  invokeEach<const N extends string, T, C extends AnyCommand, U extends AnyCommand = never, W extends boolean = never>(
    name: N & NewName<N, P>,
    command: C,
    options: EachOptions<I, P, C, U, T> & { readonly when?: Predicate<I, P, W> },
  ): StepList<Trx, I, P | readonly [N, Maybe<readonly ReplyOf<C>[], W>]>;
  /** Another saga, as a step of this one: its output is the step's, its failure the step's "no", and it is undone as a whole. */
  child<const N extends string, S extends AnySaga, W extends boolean = never>(
    name: N & NewName<N, P>,
    saga: S & Undoable<S>,
    options: ChildOptions<I, P, InputOf<S>> & { readonly when?: Predicate<I, P, W> },
  ): StepList<Trx, I, P | readonly [N, Maybe<OutputOf<S>, W>]>;
  /** A function of this process's that reaches outside (HTTP): under a lease, outside any transaction, at-least-once, with a key. */
  call<const N extends string, O, W extends boolean = never>(
    name: N & NewName<N, P>,
    run: CallRun<I, P, O & Serializable<O>>,
    options: CallOptions<I, P, O> & { readonly when?: Predicate<I, P, W> },
  ): StepList<Trx, I, P | readonly [N, Maybe<O, W>]>;
  /** Waits, durably: thirty days outlive any process. */
  sleep<const N extends string, W extends boolean = never>(
    name: N & NewName<N, P>,
    duration: Duration,
    options?: { readonly when?: Predicate<I, P, W> },
  ): StepList<Trx, I, P | readonly [N, void]>;
  /** Waits for `engine.signal(saga, id, name, …)`. A signal that comes before is kept. */
  waitFor<
    const N extends string,
    S extends StandardSchemaV1,
    const H extends WaitOptions = Record<never, never>,
    W extends boolean = never,
  >(
    name: N & NewName<N, P>,
    signal: S,
    options?: H & { readonly when?: Predicate<I, P, W> },
  ): StepList<Trx, I, P | readonly [N, Maybe<Signalled<S, H>, W>]>;
  /** Branches see the steps before the fork, not one another. */
  parallel<R extends Pair>(
    build: (branches: Branches<Trx, I, P, never>) => Branches<Trx, I, P, R>,
  ): StepList<Trx, I, P | R>;
  /** The point of no return: a local function, or a participant's command. */
  pivot<const N extends string, O>(
    name: N & NewName<N, P>,
    run: Run<I, P, O & Serializable<O>, Trx>,
    options?: ForwardLocalOptions,
  ): AfterPivot<Trx, I, P | readonly [N, O]>;
  pivot<const N extends string, C extends AnyCommand>(
    name: N & NewName<N, P>,
    command: C,
    options: ForwardInvokeOptions<I, P, C>,
  ): AfterPivot<Trx, I, P | readonly [N, ReplyOf<C>]>;
  output<O>(
    map: (context: { readonly input: I; readonly steps: Outputs<P> }) => O & Serializable<O>,
  ): Saga<I, Outputs<P>, O, false>;
  build(): Saga<I, Outputs<P>, Outputs<P>, false>;
}

export interface Branches<Trx, I, P extends Pair, R extends Pair> {
  local<const N extends string, O, W extends boolean = never>(
    name: N & NewName<N, P | R>,
    run: Run<I, P, O & Serializable<O>, Trx>,
    options: LocalOptions<I, P, O, Trx> & { readonly when?: Predicate<I, P, W> },
  ): Branches<Trx, I, P, R | readonly [N, Maybe<O, W>]>;
  invoke<const N extends string, C extends AnyCommand, U extends AnyCommand = never, W extends boolean = never>(
    name: N & NewName<N, P | R>,
    command: C,
    options: InvokeOptions<I, P, C, U> & { readonly when?: Predicate<I, P, W> },
  ): Branches<Trx, I, P, R | readonly [N, Maybe<ReplyOf<C>, W>]>;
  /** A participant's command for every element of a list, so many at a time; the outputs are an array in the list's order. */
  invokeEach<const N extends string, T, C extends AnyCommand, U extends AnyCommand = never, W extends boolean = never>(
    name: N & NewName<N, P | R>,
    command: C,
    options: EachOptions<I, P, C, U, T> & { readonly when?: Predicate<I, P, W> },
  ): Branches<Trx, I, P, R | readonly [N, Maybe<readonly ReplyOf<C>[], W>]>;
  /** Another saga, as a step of this one: its output is the step's, its failure the step's "no", and it is undone as a whole. */
  child<const N extends string, S extends AnySaga, W extends boolean = never>(
    name: N & NewName<N, P | R>,
    saga: S & Undoable<S>,
    options: ChildOptions<I, P, InputOf<S>> & { readonly when?: Predicate<I, P, W> },
  ): Branches<Trx, I, P, R | readonly [N, Maybe<OutputOf<S>, W>]>;
  /** A function of this process's that reaches outside (HTTP): under a lease, outside any transaction, at-least-once, with a key. */
  call<const N extends string, O, W extends boolean = never>(
    name: N & NewName<N, P | R>,
    run: CallRun<I, P, O & Serializable<O>>,
    options: CallOptions<I, P, O> & { readonly when?: Predicate<I, P, W> },
  ): Branches<Trx, I, P, R | readonly [N, Maybe<O, W>]>;
}

/** After the pivot: no compensation, no second pivot; retried for ever, or parked. */
export interface AfterPivot<Trx, I, P extends Pair> {
  local<const N extends string, O, W extends boolean = never>(
    name: N & NewName<N, P>,
    run: Run<I, P, O & Serializable<O>, Trx>,
    options?: ForwardLocalOptions & { readonly when?: Predicate<I, P, W> },
  ): AfterPivot<Trx, I, P | readonly [N, Maybe<O, W>]>;
  invoke<const N extends string, C extends AnyCommand, W extends boolean = never>(
    name: N & NewName<N, P>,
    command: C,
    options: ForwardInvokeOptions<I, P, C> & { readonly when?: Predicate<I, P, W> },
  ): AfterPivot<Trx, I, P | readonly [N, Maybe<ReplyOf<C>, W>]>;
  /** A participant's command for every element of a list, so many at a time; the outputs are an array in the list's order. */
  invokeEach<const N extends string, T, C extends AnyCommand, W extends boolean = never>(
    name: N & NewName<N, P>,
    command: C,
    options: ForwardEachOptions<I, P, C, T> & { readonly when?: Predicate<I, P, W> },
  ): AfterPivot<Trx, I, P | readonly [N, Maybe<readonly ReplyOf<C>[], W>]>;
  /** Another saga, as a step of this one: its output is the step's, and it may have a pivot. */
  child<const N extends string, S extends AnySaga, W extends boolean = never>(
    name: N & NewName<N, P>,
    saga: S,
    options: ChildOptions<I, P, InputOf<S>> & { readonly when?: Predicate<I, P, W> },
  ): AfterPivot<Trx, I, P | readonly [N, Maybe<OutputOf<S>, W>]>;
  /** A function of this process's that reaches outside (HTTP): under a lease, outside any transaction, at-least-once, with a key. */
  call<const N extends string, O, W extends boolean = never>(
    name: N & NewName<N, P>,
    run: CallRun<I, P, O & Serializable<O>>,
    options?: ForwardCallOptions & { readonly when?: Predicate<I, P, W> },
  ): AfterPivot<Trx, I, P | readonly [N, Maybe<O, W>]>;
  /** Waits, durably: thirty days outlive any process. */
  sleep<const N extends string, W extends boolean = never>(
    name: N & NewName<N, P>,
    duration: Duration,
    options?: { readonly when?: Predicate<I, P, W> },
  ): AfterPivot<Trx, I, P | readonly [N, void]>;
  /** Waits for `engine.signal(saga, id, name, …)`. A signal that comes before is kept. */
  waitFor<
    const N extends string,
    S extends StandardSchemaV1,
    const H extends ForwardWaitOptions = Record<never, never>,
    W extends boolean = never,
  >(
    name: N & NewName<N, P>,
    signal: S,
    options?: H & { readonly when?: Predicate<I, P, W> },
  ): AfterPivot<Trx, I, P | readonly [N, Maybe<Signalled<S, H>, W>]>;
  output<O>(
    map: (context: { readonly input: I; readonly steps: Outputs<P> }) => O & Serializable<O>,
  ): Saga<I, Outputs<P>, O, true>;
  build(): Saga<I, Outputs<P>, Outputs<P>, true>;
}

/** A finished definition: plain data with the author's functions in it, and its types as a phantom. `V`: whether it has a pivot. */
export interface Saga<I = unknown, S = unknown, O = unknown, V extends boolean = boolean> extends SagaDefinition {
  readonly '~types'?: { readonly input: I; readonly steps: S; readonly output: O; readonly pivoted: V };
}
// biome-ignore lint/suspicious/noExplicitAny: the types are a phantom; `any` lets every saga fit.
export type AnySaga = Saga<any, any, any>;
export type InputOf<T> = T extends Saga<infer I, infer _S, infer _O> ? I : never;
export type StepsOf<T> = T extends Saga<infer _I, infer S, infer _O> ? S : never;
export type OutputOf<T> = T extends Saga<infer _I, infer _S, infer O> ? O : never;
type PivotedOf<T> = T extends Saga<infer _I, infer _S, infer _O, infer V> ? V : never;
