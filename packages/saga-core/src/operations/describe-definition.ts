import type { ResolvedRetry } from '../definition/retry-policy.js';
import type {
  OnCompensationFailed,
  OnTimeout,
  Phase,
  SagaDefinition,
  StepDefinition,
} from '../definition/step-definition.js';

/** A step as plain JSON. What a kind does not have is left out. */
export interface StepDescription {
  readonly name: string;
  readonly kind: StepDefinition['kind'];
  readonly phase: Phase;
  /** Of a remote step: `inventory.reserve`. */
  readonly command?: string;
  /** The name of the saga that is its child. */
  readonly child?: string;
  /** A command's name, `function`, or `null` where there is nothing to undo. */
  readonly undo: string | null;
  /** Whether it has a `when`; what that answers is code. */
  readonly when: boolean;
  readonly pace: PaceDescription;
}

/** What may change without a new version: how long and how often. In milliseconds. */
export interface PaceDescription {
  /** Of an attempt, or of a wait; `null` waits for ever. */
  readonly timeoutMs?: number | null;
  /** Where it is another time than `timeoutMs`: see `acceptedTimeout` of a remote step, `heartbeat` of a call. */
  readonly silenceMs?: number;
  readonly durationMs?: number;
  /** Of a fan-out: items under way side by side. */
  readonly concurrency?: number;
  readonly onTimeout?: OnTimeout;
  readonly retry?: RetryDescription;
  readonly undoRetry?: RetryDescription;
  readonly onCompensationFailed?: OnCompensationFailed;
}

export type RetryDescription = Omit<ResolvedRetry, 'nonRetryable'> & Partial<Pick<ResolvedRetry, 'nonRetryable'>>;

/** A definition as plain JSON: what of it can be compared, committed and read. */
export interface DefinitionDescription {
  readonly name: string;
  readonly version: number;
  readonly hash: string;
  readonly timeoutMs: number | null;
  /** Outer: one after the other. Inner: side by side. */
  readonly stages: readonly (readonly StepDescription[])[];
}

/** Everything of a definition that is data. The author's functions and schemas are not in it. */
export function describeDefinition({ name, version, hash, timeoutMs, stages }: SagaDefinition): DefinitionDescription {
  return { name, version, hash, timeoutMs, stages: stages.map((stage) => stage.map(describeStep)) };
}

function describeStep(step: StepDefinition): StepDescription {
  const { name, kind, phase } = step;
  const command = step.kind === 'invoke' || step.kind === 'each' ? { command: step.command.name } : {};
  const child = step.kind === 'child' ? { child: step.saga.name } : {};
  return { name, kind, phase, ...command, ...child, undo: undoOf(step), when: step.when !== null, pace: paceOf(step) };
}

function undoOf(step: StepDefinition): string | null {
  const { compensate } = step;
  if (compensate === null) return null;
  return typeof compensate === 'function' ? 'function' : compensate.command.name;
}

function paceOf(step: StepDefinition): PaceDescription {
  switch (step.kind) {
    case 'sleep':
      return { durationMs: step.durationMs };
    case 'wait':
      return { timeoutMs: step.timeoutMs, onTimeout: step.onTimeout };
    case 'local':
      return policies(step);
    case 'child':
      return {};
    case 'each':
      return { concurrency: step.concurrency, ...times(step.timeoutMs, step.acceptedTimeoutMs), ...policies(step) };
    case 'invoke':
      return { ...times(step.timeoutMs, step.acceptedTimeoutMs), ...policies(step) };
    case 'call':
      return { ...times(step.timeoutMs, step.heartbeatMs), ...policies(step) };
    default:
      return step satisfies never;
  }
}

function times(timeoutMs: number, silenceMs: number | null): PaceDescription {
  return silenceMs === null || silenceMs === timeoutMs ? { timeoutMs } : { timeoutMs, silenceMs };
}

/** A step that is never undone has no policy for it. */
function policies({ retry, undoRetry, phase, onCompensationFailed }: StepDefinition): PaceDescription {
  if (phase !== 'compensatable') return { retry: described(retry) };
  const giveUp = onCompensationFailed === 'park' ? {} : { onCompensationFailed };
  return { retry: described(retry), undoRetry: described(undoRetry), ...giveUp };
}

/** What is not used is not written, so that a committed file from before it existed still says the same. */
function described({ nonRetryable, ...retry }: ResolvedRetry): RetryDescription {
  return nonRetryable.length === 0 ? retry : { ...retry, nonRetryable };
}
