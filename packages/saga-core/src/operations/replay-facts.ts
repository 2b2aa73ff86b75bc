import type { Draft } from '../machine/draft.js';
import { setPace, stepOf, unitNamed, unitsWith } from '../machine/draft.js';
import type { JournalEvent } from '../machine/journal-event.js';

/**
 * Whether an event tells what came from outside, and not what the machine made of it. In an entry the facts come first. The state is that before
 * the event.
 */
export function isFact(draft: Draft, event: JournalEvent): boolean {
  switch (event.kind) {
    case 'sagaStarted':
    case 'locksGranted':
    case 'stepDeclined':
    case 'stepUnknown':
    case 'signalKept':
    case 'compensationGivenUp':
    case 'cancelRequested':
    case 'sagaUnparked':
    case 'evidenceKept':
    case 'roundOpened':
    case 'payloadCorrected':
    case 'sagaPaused':
    case 'sagaResumed':
    case 'sagaMigrated':
      return true;
    case 'stepDispatched':
    case 'itemsPlanned':
    case 'sagaCompleted':
    case 'sagaCompensated':
      return false;
    case 'stepSucceeded':
      // A list is done when its items are.
      return draft.definition.steps.get(event.step)?.kind !== 'each';
    case 'stepSkipped':
      return event.why !== 'when' && event.why !== 'notRun';
    case 'undoDispatched':
      // The undo of a call that came back late is run once more.
      return isUndoing(draft, event.step) && draft.definition.steps.get(event.step)?.kind === 'call';
    case 'stepCompensated':
      return isUndoing(draft, event.step) && draft.definition.steps.get(event.step)?.kind !== 'each';
    case 'compensationStarted':
      // A completed child is told to turn back.
      return draft.folded.state.status === 'completed';
    case 'sagaParked':
      return event.code === 'JOURNAL_FULL' || (event.step !== undefined && !isAuthorsPark(draft, event.step));
    default:
      return event satisfies never;
  }
}

function isUndoing(draft: Draft, step: string): boolean {
  const { status } = stepOf(draft, step);
  return status === 'compensating' || status === 'compensated' || status === 'unknown';
}

/** Parked for a step that nobody has begun, or whose undo nobody has: a function of the author's failed. */
export function isAuthorsPark(draft: Draft, step: string): boolean {
  const { status } = stepOf(draft, step);
  return status === 'pending' || status === 'succeeded' || status === 'unknown';
}

/**
 * Attempts and leases are not journalled. Where what followed depends on them, what followed tells them: a command that was asked back had been
 * sent once, one that was never delivered was refused each time, and a call whose undo had to wait was still being made.
 */
export function giveHints(draft: Draft, followed: readonly JournalEvent[]): void {
  const isTold = (step: string, kind: JournalEvent['kind']): boolean =>
    followed.some((event) => event.kind === kind && 'step' in event && event.step === step);
  const goesOn = followed.some(
    ({ kind }) => kind === 'undoDispatched' || kind === 'stepCompensated' || kind === 'sagaCompensated',
  );
  const pace = { attempt: 1, countedFrom: 0, refusals: 0, firstSentAt: draft.now };
  for (const { name } of [...unitsWith(draft, 'dispatched'), ...unitsWith(draft, 'unknown')]) {
    const { status } = stepOf(draft, name);
    const kind = unitNamed(draft, name)?.kind;
    if (kind === 'call' && !isTold(name, 'undoDispatched') && !isTold(name, 'stepCompensated'))
      setPace(draft, name, { ...pace, deadlineAt: draft.now + 1 });
    if (kind !== 'invoke' || status !== 'dispatched') continue;
    if (isTold(name, 'stepSkipped')) setPace(draft, name, { ...pace, refusals: 1 });
    else if (!goesOn) setPace(draft, name, { ...pace, deadlineAt: draft.now + 1 });
  }
}
