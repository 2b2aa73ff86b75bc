import type { StepDefinition } from '../definition/step-definition.js';
import type { Discard } from './apply-reply.js';
import { failAttempt } from './attempt.js';
import { idOf, runLocal, send } from './dispatch.js';
import { type Draft, isHeld, park, record, setPace, stepOf } from './draft.js';
import { pivotPosition, reasonToTurnBack } from './proceed.js';
import type { Direction, SagaInput } from './saga-input.js';

/** Time has passed: whatever is due moves. Answers `not due` where nothing was, so that an early or second wake changes nothing. */
export function applyDeadline(
  draft: Draft,
  input: SagaInput & { readonly kind: 'deadlineReached' },
): Discard | undefined {
  if (isHeld(draft)) return 'held';
  const steps = [...draft.definition.steps.values()];
  let moved = sagaDeadline(draft);
  // What has run out comes before what is sent again: a step that gives up turns the saga back, and then its siblings are not resent.
  for (const step of steps) moved = stepDeadline(draft, step, input.unsent) || moved;
  for (const step of steps) {
    if (isHeld(draft) || reasonToTurnBack(draft) !== undefined) break;
    moved = stepRetry(draft, step) || moved;
  }
  return moved ? undefined : 'not due';
}

function sagaDeadline(draft: Draft): boolean {
  const { deadlineAt, status, failure, cancel } = draft.folded.state;
  if (deadlineAt === undefined || deadlineAt > draft.now || status !== 'running') return false;
  if (failure !== undefined || cancel !== undefined) return false;
  if (pivotPosition(draft) === 'committed') {
    dropSagaDeadline(draft);
    return true;
  }
  const message = `the saga was not done after ${draft.definition.timeoutMs ?? 0} ms`;
  record(draft, { kind: 'cancelRequested', failure: { step: '', code: 'SAGA_TIMED_OUT', message } });
  return true;
}

/** It has no say after the pivot, and left in place it would wake the instance again and again. */
function dropSagaDeadline(draft: Draft): void {
  const { deadlineAt: _, ...state } = draft.folded.state;
  draft.folded = { ...draft.folded, state };
  draft.paced = true;
}

function stepDeadline(draft: Draft, step: StepDefinition, unsent: readonly string[]): boolean {
  const { status, pace } = stepOf(draft, step.name);
  if (pace === undefined || (status !== 'dispatched' && status !== 'compensating')) return false;
  const direction: Direction = status === 'dispatched' ? 'do' : 'undo';
  if (step.kind === 'local' || pace.deadlineAt === undefined || pace.deadlineAt > draft.now) return false;
  if (unsent.includes(idOf(draft, step.name, direction))) {
    // The participant cannot have answered what was never sent: the broker is slow, not the participant.
    setPace(draft, step.name, { ...pace, deadlineAt: draft.now + step.timeoutMs });
    return true;
  }
  const message = `'${step.name}' did not answer attempt ${pace.attempt} within ${step.timeoutMs} ms`;
  return failAttempt(draft, step, { attempt: pace.attempt, direction, code: 'STEP_TIMED_OUT', message });
}

function stepRetry(draft: Draft, step: StepDefinition): boolean {
  const { status, pace } = stepOf(draft, step.name);
  if (pace?.retryAt === undefined || pace.retryAt > draft.now) return false;
  resend(draft, step, status === 'dispatched' ? 'do' : 'undo');
  return true;
}

/** The same command or function once more, unless its participant may have forgotten the first sending. */
export function resend(draft: Draft, step: StepDefinition, direction: Direction): void {
  const { pace } = stepOf(draft, step.name);
  if (pace === undefined) return;
  if (step.kind === 'local') {
    setPace(draft, step.name, { ...pace, attempt: pace.attempt + 1 });
    runLocal(draft, step.name, direction);
    return;
  }
  const retentionMs = step.command.fenceRetentionMs;
  if (draft.now - pace.firstSentAt > retentionMs) {
    const { retryAt: _, ...still } = pace;
    setPace(draft, step.name, still);
    const message = `the first sending of '${step.name}' is older than the ${retentionMs} ms that its participant remembers`;
    park(draft, 'COMMAND_TOO_OLD', message, { step: step.name });
    return;
  }
  const { retryAt: _, ...due } = pace;
  setPace(draft, step.name, due);
  send(draft, step, direction);
}

/** The broker refused the command's record for good: an attempt that nobody saw. */
export function applyNotSent(draft: Draft, input: SagaInput & { readonly kind: 'notSent' }): Discard | undefined {
  const step = draft.definition.steps.get(input.step);
  if (step === undefined) return 'unknown step';
  const { status, round, pace } = stepOf(draft, step.name);
  if (round !== input.round) return 'other round';
  if (pace === undefined || status !== (input.direction === 'do' ? 'dispatched' : 'compensating')) return 'not awaited';
  const { attempt } = pace;
  const message = `${input.code}: ${input.message}`;
  const failed = failAttempt(draft, step, {
    attempt,
    direction: input.direction,
    code: 'STEP_NOT_SENT',
    message,
    refused: true,
  });
  return failed ? undefined : 'stale attempt';
}
