import type { Simplify } from './json-value.js';

/** What the author's pure functions see. `steps` holds the outputs of the steps before this one, by name. */
export interface StepContext<Input, Outputs> {
  readonly sagaId: string;
  readonly input: Input;
  readonly steps: Simplify<Outputs>;
}

/** A local step runs in a transaction of the orchestrator's database: its effect and its outcome commit together. */
export interface LocalContext<Input, Outputs, Trx> extends StepContext<Input, Outputs> {
  readonly trx: Trx;
}

/** Why the saga is being undone. */
export interface Failure {
  readonly step: string;
  /** The declined code, or `STEP_FAILED`, `STEP_TIMED_OUT`, `STEP_NOT_SENT`, `SAGA_CANCELLED`, `SAGA_TURNED_BACK`, `SAGA_TIMED_OUT`. */
  readonly code: string;
  readonly message: string;
  readonly detail?: unknown;
}

export interface UndoContext<Input, Outputs> extends StepContext<Input, Outputs> {
  readonly failure: Failure;
}

/** `sent` is what the forward command carried; `output` is `undefined` where nobody knows whether it took effect. */
export interface RemoteUndoContext<Input, Outputs, Sent, Output> extends UndoContext<Input, Outputs> {
  readonly sent: Sent;
  readonly output: Output | undefined;
}

/** A call reaches outside of the database: at-least-once, so it takes the key along. */
export interface CallContext<Input, Outputs> extends StepContext<Input, Outputs> {
  /** The effect key: the same through all attempts. Send it as the `Idempotency-Key`. */
  readonly idempotencyKey: string;
  /** Aborted when the attempt's time is up, its heartbeats stay away, its lease is lost, or the engine closes. */
  readonly signal: AbortSignal;
  /** Says that it goes on, where the step has a `heartbeat`. However often it is called, the lease is renewed at most three times in that time. */
  readonly heartbeat: () => void;
}

export interface CallUndoContext<Input, Outputs, Output> extends CallContext<Input, Outputs> {
  readonly failure: Failure;
  /** `undefined` where nobody knows whether the call took effect. */
  readonly output: Output | undefined;
}

export interface LocalUndoContext<Input, Outputs, Output, Trx> extends UndoContext<Input, Outputs> {
  readonly trx: Trx;
  readonly output: Output;
}
