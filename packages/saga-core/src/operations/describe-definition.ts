import type { ResolvedRetry } from '../definition/retry-policy.js';
import type { OnTimeout, Phase, SagaDefinition, StepDefinition } from '../definition/step-definition.js';

/** A step as plain JSON. What a kind does not have is left out. */
export interface StepDescription {
  readonly name: string;
  readonly kind: StepDefinition['kind'];
  readonly phase: Phase;
  /** Of a remote step: `inventory.reserve`. */
  readonly command?: string;
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
  readonly durationMs?: number;
  readonly onTimeout?: OnTimeout;
  readonly retry?: ResolvedRetry;
  readonly undoRetry?: ResolvedRetry;
}

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
  const command = step.kind === 'invoke' ? { command: step.command.name } : {};
  return { name, kind, phase, ...command, undo: undoOf(step), when: step.when !== null, pace: paceOf(step) };
}

function undoOf(step: StepDefinition): string | null {
  if (step.compensate === null) return null;
  return step.kind === 'invoke' ? step.compensate.command.name : 'function';
}

function paceOf(step: StepDefinition): PaceDescription {
  switch (step.kind) {
    case 'sleep':
      return { durationMs: step.durationMs };
    case 'wait':
      return { timeoutMs: step.timeoutMs, onTimeout: step.onTimeout };
    case 'local':
      return policies(step);
    case 'invoke':
    case 'call':
      return { timeoutMs: step.timeoutMs, ...policies(step) };
    default:
      return step satisfies never;
  }
}

/** A step that is never undone has no policy for it. */
function policies({ retry, undoRetry, phase }: StepDefinition): PaceDescription {
  return phase === 'compensatable' ? { retry, undoRetry } : { retry };
}
