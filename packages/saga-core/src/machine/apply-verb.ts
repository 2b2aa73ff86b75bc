import type { Failure } from '../definition/step-context.js';
import type { UnitDefinition } from '../definition/step-definition.js';
import { resend } from './apply-deadline.js';
import { shiftLockDeadline } from './apply-locks.js';
import type { Discard } from './apply-reply.js';
import { applyCorrection } from './apply-correction.js';
import { type Draft, isHeld, record, setPace, stepOf, units } from './draft.js';
import { type InstanceState, isTerminal, type Pace } from './instance.js';
import { pivotPosition, reasonToTurnBack } from './proceed.js';
import type { Correction } from './saga-input.js';

/** A verb that the state does not allow, in words for the operator. */
export interface Refusal {
  readonly refused: string;
}
type Applied = Discard | Refusal | undefined;

/** Undo everything, if that is still possible. */
export function applyCancel(draft: Draft, why: Pick<Failure, 'code' | 'message'>): Applied {
  const { status, parked, cancel } = draft.folded.state;
  if (isTerminal(status)) return { refused: `the instance is ${status}` };
  if (status === 'compensating' || parked?.from === 'compensating') return 'already compensating';
  const position = pivotPosition(draft);
  if (position === 'committed') return { refused: 'the pivot has committed: there is no way back' };
  if (cancel === undefined) {
    record(draft, { kind: 'cancelRequested', failure: { step: '', ...why } });
  }
  // While the pivot's outcome is open nothing can be undone: the wish waits for its answer.
  if (parked !== undefined && position !== 'waiting') unpark(draft, parked.at);
  return undefined;
}

export function applyPause(draft: Draft): Applied {
  const { status, pausedAt } = draft.folded.state;
  if (isTerminal(status)) return { refused: `the instance is ${status}` };
  if (pausedAt !== undefined) return { refused: 'the instance is paused already' };
  record(draft, { kind: 'sagaPaused' });
  return undefined;
}

export function applyResume(draft: Draft): Applied {
  const { pausedAt } = draft.folded.state;
  if (pausedAt === undefined) return { refused: 'the instance is not paused' };
  record(draft, { kind: 'sagaResumed' });
  shiftTimes(draft, heldMs(draft, pausedAt, draft.folded.state.parked?.at));
  return undefined;
}

/**
 * Try again whatever stands still. A new round, and with it a new effect, only where the last one is settled as having had none; otherwise
 * the same command again, which the fence answers with the outcome it stored.
 */
export function applyRetry(draft: Draft, correction: Correction | undefined): Applied {
  const { parked } = draft.folded.state;
  if (parked === undefined) return { refused: 'the instance is not parked' };
  const refused = correction === undefined ? undefined : applyCorrection(draft, correction);
  if (refused !== undefined) return refused;
  unpark(draft, parked.at);
  for (const step of units(draft)) {
    const { status, round, pace } = stepOf(draft, step.name);
    if (status === 'declined' && step.phase === 'retriable') {
      record(draft, { kind: 'roundOpened', step: step.name, round: round + 1 });
    } else if (
      (status === 'dispatched' || status === 'compensating') &&
      pace !== undefined &&
      reasonToTurnBack(draft) === undefined
    ) {
      const stalled = pace.deadlineAt === undefined && pace.retryAt === undefined;
      if (stalled || step.name === parked.step) again(draft, step, pace);
    }
  }
  return undefined;
}

function again(draft: Draft, step: UnitDefinition, { retryAt: _retry, deadlineAt: _deadline, ...pace }: Pace): void {
  const direction = stepOf(draft, step.name).status === 'dispatched' ? 'do' : 'undo';
  const counted = { ...pace, countedFrom: pace.attempt };
  if (isHeld(draft)) {
    setPace(draft, step.name, { ...counted, retryAt: draft.now });
    return;
  }
  setPace(draft, step.name, counted);
  resend(draft, step, direction);
}

export function unpark(draft: Draft, parkedAt: number): void {
  record(draft, { kind: 'sagaUnparked' });
  shiftTimes(draft, heldMs(draft, parkedAt, draft.folded.state.pausedAt));
}

/** How long this hold stopped the clocks. While another one goes on, it ends where that one began: no moment is counted twice. */
function heldMs(draft: Draft, since: number, otherSince: number | undefined): number {
  return (otherSince === undefined ? draft.now : Math.max(since, otherSince)) - since;
}

/** Clocks stood still while it was held: what was left to wait is still left. */
function shiftTimes(draft: Draft, byMs: number): void {
  for (const name of Object.keys(draft.folded.state.steps)) {
    const { pace } = stepOf(draft, name);
    if (pace === undefined) continue;
    const { deadlineAt, retryAt } = pace;
    setPace(draft, name, {
      ...pace,
      ...(deadlineAt === undefined ? {} : { deadlineAt: deadlineAt + byMs }),
      ...(retryAt === undefined ? {} : { retryAt: retryAt + byMs }),
    });
  }
  shiftLockDeadline(draft, byMs);
  const { state } = draft.folded;
  if (state.deadlineAt === undefined) return;
  const shifted: InstanceState = { ...state, deadlineAt: state.deadlineAt + byMs };
  draft.folded = { ...draft.folded, state: shifted };
}
