import type { JournalEvent } from '../machine/journal-event.js';

/**
 * A journal event as a line that a test reads: `+step` took effect, `-step` was undone, `!step:CODE` failed, `?step` is unknown because a
 * sibling failed, `~step:why` was skipped, `!-step:CODE` could not be undone. `undefined` for what a reader of a test can do without.
 */
export function traceLine(event: JournalEvent, isUndoing: (step: string) => boolean): string | undefined {
  switch (event.kind) {
    case 'stepSucceeded':
      return `+${event.step}`;
    case 'stepDeclined':
      return `!${event.step}:${event.failure?.code ?? 'STEP_DECLINED'}`;
    case 'stepUnknown':
      return event.failure === undefined ? `?${event.step}` : `!${event.step}:${event.failure.code}`;
    case 'stepSkipped':
      return event.failure === undefined ? `~${event.step}:${event.why}` : `!${event.step}:${event.failure.code}`;
    case 'stepCompensated':
      return isUndoing(event.step) ? `-${event.step}` : undefined;
    case 'compensationGivenUp':
      return `!-${event.step}:${event.code}`;
    case 'payloadCorrected':
      return `corrected:${event.step}`;
    case 'cancelRequested':
      return `cancel:${event.failure.code}`;
    case 'sagaParked':
      return event.step === undefined ? `parked:${event.code}` : `parked:${event.step}:${event.code}`;
    case 'sagaUnparked':
      return 'unparked';
    case 'sagaPaused':
      return 'paused';
    case 'sagaResumed':
      return 'resumed';
    case 'roundOpened':
      return `round ${event.round}:${event.step}`;
    case 'signalKept':
      return `signal:${event.step}`;
    case 'evidenceKept':
      return `evidence:${event.step}:${event.outcome}`;
    case 'sagaMigrated':
      return `version ${event.to.version}`;
    case 'locksGranted':
      return 'locked';
    case 'itemsPlanned':
    case 'sagaStarted':
    case 'stepDispatched':
    case 'undoDispatched':
    case 'compensationStarted':
    case 'sagaCompleted':
    case 'sagaCompensated':
      return undefined;
    default:
      return event satisfies never;
  }
}
