import type { Failure } from '../definition/step-context.js';
import type { UnitDefinition } from '../definition/step-definition.js';
import { backoffMs } from './backoff.js';
import { idOf } from './begin-attempt.js';
import { type Draft, park, record, setPace, stepOf } from './draft.js';
import type { Direction } from './saga-input.js';

/** Why one attempt came to nothing. `refused` says that the broker never took it. */
export interface AttemptFailure {
  readonly attempt: number;
  readonly direction: Direction;
  readonly code: 'STEP_FAILED' | 'STEP_TIMED_OUT' | 'STEP_NOT_SENT';
  readonly message: string;
  /** The error's own code, where it has one. */
  readonly reason?: string;
  readonly refused?: true;
}

/** False where this attempt is not the one under way: an earlier one's failure proves nothing about the present one. */
export function failAttempt(draft: Draft, step: UnitDefinition, failure: AttemptFailure): boolean {
  const { pace } = stepOf(draft, step.name);
  const isUnderWay =
    pace !== undefined && pace.attempt === failure.attempt && (pace.deadlineAt !== undefined || step.kind === 'local');
  if (!isUnderWay) return false;
  const refusals = pace.refusals + (failure.refused ? 1 : 0);
  const policy = failure.direction === 'do' ? step.retry : step.undoRetry;
  const { deadlineAt: _deadline, retryAt: _retry, heardAt: _heard, ...waiting } = pace;
  const isHopeless = failure.reason !== undefined && policy.nonRetryable.includes(failure.reason);
  const hasMore = policy.attempts === null || pace.attempt - pace.countedFrom < policy.attempts;
  if (hasMore && !isHopeless) {
    const wait = backoffMs(policy, idOf(draft, step.name, failure.direction), pace.attempt - pace.countedFrom);
    setPace(draft, step.name, { ...waiting, refusals, retryAt: draft.now + wait });
    return true;
  }
  setPace(draft, step.name, { ...waiting, refusals });
  giveUp(draft, step, failure, refusals === pace.attempt);
  return true;
}

function giveUp(
  draft: Draft,
  step: UnitDefinition,
  { direction, code, message }: AttemptFailure,
  neverDelivered: boolean,
): void {
  if (direction === 'undo') {
    giveUpUndo(draft, step, { code, message });
    return;
  }
  if (step.phase !== 'compensatable') {
    park(draft, code, message, { step: step.name });
    return;
  }
  const failure: Failure = { step: step.name, code, message };
  // A local step's transaction rolled back, and a record that was always refused reached nobody: both are definite.
  if (step.kind === 'local') record(draft, { kind: 'stepDeclined', step: step.name, failure });
  else if (neverDelivered) record(draft, { kind: 'stepSkipped', step: step.name, why: 'neverDelivered', failure });
  // No earlier attempt can be proven dead.
  else record(draft, { kind: 'stepUnknown', step: step.name, failure });
}

/** An undo that cannot be done: a person is needed, or the author said that the others go on without it. */
export function giveUpUndo(
  draft: Draft,
  { name, onCompensationFailed }: UnitDefinition,
  why: { readonly code: string; readonly message: string; readonly evidence?: unknown },
): void {
  const { code, message, ...evidence } = why;
  if (onCompensationFailed === 'park') {
    park(draft, code, message, { step: name, ...evidence });
    return;
  }
  record(draft, { kind: 'compensationGivenUp', step: name, code, message });
  draft.effects.push({ kind: 'alert', code, message, step: name });
}
