import type { CallStepDefinition } from '../definition/step-definition.js';
import { type Discard, settleForward, settleUndo } from './apply-reply.js';
import { firstPace, startCall } from './begin-attempt.js';
import { clearPace, type Draft, isHeld, park, record, setPace, stepOf } from './draft.js';
import { isTerminal } from './instance.js';
import type { LocalOutcome, SagaInput } from './saga-input.js';

type CallFinished = SagaInput & { readonly kind: 'callFinished' };

/** A call came back, perhaps long after anybody waited for it. */
export function applyCall(draft: Draft, input: CallFinished): Discard | undefined {
  const step = draft.definition.steps.get(input.step);
  if (isTerminal(draft.folded.state.status)) return 'finished';
  if (step?.kind !== 'call') return 'unknown step';
  const { status, round, pace } = stepOf(draft, step.name);
  if (round !== input.round) return 'other round';
  if (input.direction === 'undo') {
    if (status !== 'compensating') return 'not awaited';
    return input.attempt <= (pace?.countedFrom ?? 0) ? 'stale attempt' : settleUndo(draft, step, input);
  }
  switch (status) {
    case 'dispatched':
      if (input.outcome.kind === 'declined') return applyDecline(draft, step, { ...input, outcome: input.outcome });
      return settleForward(draft, step, input);
    case 'unknown':
      return cameBack(draft, step, input);
    case 'compensating':
    case 'compensated':
    case 'notCompensated':
      return undoAgain(draft, step, input.outcome);
    case 'pending':
    case 'succeeded':
    case 'declined':
    case 'skipped':
      return 'not awaited';
    default:
      return status satisfies never;
  }
}

type Refused = LocalOutcome & { readonly kind: 'declined' };

/**
 * A call has no fence. Where an earlier attempt failed or never came back, it may have taken effect, and the "no" is only the last attempt's:
 * it is what a system says that knows no idempotency keys and finds the thing done already.
 */
function applyDecline(
  draft: Draft,
  step: CallStepDefinition,
  input: CallFinished & { readonly outcome: Refused },
): Discard | undefined {
  const { attempt = 1 } = stepOf(draft, step.name).pace ?? {};
  // The attempt under way may still take effect: its own answer decides.
  if (input.attempt < attempt) return 'stale attempt';
  const isParkedFor = draft.folded.state.parked?.step === step.name;
  return attempt === 1 || isParkedFor ? settleForward(draft, step, input) : declineInDoubt(draft, step, input.outcome);
}

/** The reason to turn back stays the author's, and the undo, which is idempotent, is run. Behind the pivot only a person may say. */
function declineInDoubt(draft: Draft, { name, phase }: CallStepDefinition, outcome: Refused): undefined {
  const { code, message, detail } = outcome;
  if (phase === 'compensatable') {
    const failure = { step: name, code, message, ...(detail === undefined ? {} : { detail }) };
    record(draft, { kind: 'stepUnknown', step: name, failure });
    return;
  }
  const doubt = `declined after an attempt that may have taken effect: ${code}: ${message}`;
  park(draft, 'STEP_DECLINED', doubt, { step: name, evidence: detail });
}

/** The undo waited for this call: nobody is in the middle of it any more. */
function cameBack(draft: Draft, { name }: CallStepDefinition, { attempt }: CallFinished): Discard | undefined {
  const { pace } = stepOf(draft, name);
  if (pace?.deadlineAt === undefined || pace.attempt !== attempt) return 'late';
  clearPace(draft, name);
  return undefined;
}

/**
 * It outlived its lease and took effect after its undo had begun: the undo, which is idempotent, is run once more. An attempt that began before may
 * have come too early for that effect, and counts no more. While the instance is held nothing is begun: it is due at once when that ends.
 */
function undoAgain(draft: Draft, step: CallStepDefinition, outcome: LocalOutcome): Discard | undefined {
  if (outcome.kind !== 'succeeded' || step.compensate === null) return 'late';
  const { deadlineAt: _deadline, retryAt: _retry, ...before } = stepOf(draft, step.name).pace ?? firstPace(draft);
  record(draft, { kind: 'undoDispatched', step: step.name });
  const counted = { ...before, countedFrom: before.attempt };
  setPace(draft, step.name, isHeld(draft) ? { ...counted, retryAt: draft.now } : counted);
  if (!isHeld(draft)) startCall(draft, step, 'undo');
  return undefined;
}
