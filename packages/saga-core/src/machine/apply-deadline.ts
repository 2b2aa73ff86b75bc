import type {
  CallStepDefinition,
  InvokeStepDefinition,
  UnitDefinition,
  WaitStepDefinition,
} from '../definition/step-definition.js';
import { lookForLocks } from './apply-locks.js';
import type { Discard } from './apply-reply.js';
import { failAttempt } from './attempt.js';
import { idOf, runLocal, send, startCall } from './begin-attempt.js';
import { type Draft, isHeld, park, record, setPace, stepOf, unitNamed, units } from './draft.js';
import type { Pace } from './instance.js';
import { pivotPosition, reasonToTurnBack } from './proceed.js';
import type { Direction, SagaInput } from './saga-input.js';

/** Time has passed: whatever is due moves. Answers `not due` where nothing was, so that an early or second wake changes nothing. */
export function applyDeadline(
  draft: Draft,
  input: SagaInput & { readonly kind: 'deadlineReached' },
): Discard | undefined {
  if (isHeld(draft)) return 'held';
  let moved = goesOn(draft);
  moved = sagaDeadline(draft) || moved;
  moved = lookForLocks(draft) || moved;
  // What has run out comes before what is sent again: a step that gives up turns the saga back, and then its siblings are not resent.
  for (const step of units(draft)) moved = stepDeadline(draft, step, input.unsent) || moved;
  for (const step of units(draft)) {
    if (isHeld(draft) || reasonToTurnBack(draft) !== undefined) break;
    moved = stepRetry(draft, step) || moved;
  }
  return moved ? undefined : 'not due';
}

/** Carried over from another version, it may stand where nothing is awaited: `proceed` goes on from there. */
function goesOn(draft: Draft): boolean {
  const { goesOnAt, ...state } = draft.folded.state;
  if (goesOnAt === undefined || goesOnAt > draft.now) return false;
  draft.folded = { ...draft.folded, state };
  draft.paced = true;
  return true;
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

function stepDeadline(draft: Draft, step: UnitDefinition, unsent: readonly string[]): boolean {
  const { status, pace } = stepOf(draft, step.name);
  if (pace?.deadlineAt === undefined || pace.deadlineAt > draft.now) return false;
  // The lease of a call that is to be undone has ended: `proceed` goes on from there.
  if (status === 'unknown') return true;
  if (status !== 'dispatched' && status !== 'compensating') return false;
  const direction: Direction = status === 'dispatched' ? 'do' : 'undo';
  switch (step.kind) {
    case 'local':
    case 'child':
      return false;
    case 'sleep':
      record(draft, { kind: 'stepSucceeded', step: step.name });
      return true;
    case 'wait':
      signalMissed(draft, step);
      return true;
    case 'call':
      return timeOut(draft, step, { direction, pace });
    case 'invoke':
      if (!unsent.includes(idOf(draft, step.name, direction))) return timeOut(draft, step, { direction, pace });
      // The participant cannot have answered what was never sent: the broker is slow, not the participant.
      setPace(draft, step.name, { ...pace, deadlineAt: draft.now + step.timeoutMs });
      return true;
    default:
      return step satisfies never;
  }
}

function timeOut(
  draft: Draft,
  step: InvokeStepDefinition | CallStepDefinition,
  { direction, pace }: { readonly direction: Direction; readonly pace: Pace },
): boolean {
  const attempt = `attempt ${pace.attempt} of '${step.name}'`;
  const message =
    pace.heardAt === undefined
      ? `${attempt} was not answered within ${step.timeoutMs} ms`
      : `${attempt} was not heard of for ${silenceMs(step)} ms`;
  return failAttempt(draft, step, { attempt: pace.attempt, direction, code: 'STEP_TIMED_OUT', message });
}

/** How long whoever works on an attempt may say nothing. */
function silenceMs(step: InvokeStepDefinition | CallStepDefinition): number {
  return step.kind === 'invoke' ? step.acceptedTimeoutMs : (step.heartbeatMs ?? step.timeoutMs);
}

function signalMissed(draft: Draft, { name, onTimeout, timeoutMs }: WaitStepDefinition): void {
  const message = `'${name}' was not signalled within ${timeoutMs} ms`;
  switch (onTimeout) {
    case 'continue':
      record(draft, { kind: 'stepSucceeded', step: name });
      return;
    case 'compensate':
      record(draft, { kind: 'stepDeclined', step: name, failure: { step: name, code: 'SIGNAL_TIMED_OUT', message } });
      return;
    case 'park': {
      const { pace } = stepOf(draft, name);
      const { deadlineAt: _, ...still } = pace ?? { attempt: 1, countedFrom: 0, refusals: 0, firstSentAt: draft.now };
      setPace(draft, name, still);
      park(draft, 'SIGNAL_TIMED_OUT', message, { step: name });
      return;
    }
    default:
      onTimeout satisfies never;
  }
}

function stepRetry(draft: Draft, step: UnitDefinition): boolean {
  const { status, pace } = stepOf(draft, step.name);
  if (pace?.retryAt === undefined || pace.retryAt > draft.now) return false;
  resend(draft, step, status === 'dispatched' ? 'do' : 'undo');
  return true;
}

/** The same command or function once more, unless its participant may have forgotten the first sending. */
export function resend(draft: Draft, step: UnitDefinition, direction: Direction): void {
  const { pace } = stepOf(draft, step.name);
  if (pace === undefined) return;
  switch (step.kind) {
    case 'local':
      setPace(draft, step.name, { ...pace, attempt: pace.attempt + 1 });
      runLocal(draft, step.name, direction);
      return;
    case 'call':
      startCall(draft, step, direction);
      return;
    case 'sleep':
    // Its own instance has its own attempts.
    case 'child':
      return;
    case 'wait':
      if (step.timeoutMs !== null) setPace(draft, step.name, { ...pace, deadlineAt: draft.now + step.timeoutMs });
      return;
    case 'invoke':
      resendCommand(draft, step, { direction, pace });
      return;
    default:
      step satisfies never;
  }
}

function resendCommand(
  draft: Draft,
  step: InvokeStepDefinition,
  { direction, pace }: { readonly direction: Direction; readonly pace: Pace },
): void {
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
  const step = unitNamed(draft, input.step);
  if (step?.kind !== 'invoke') return 'unknown step';
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
