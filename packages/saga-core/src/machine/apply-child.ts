import type { Failure } from '../definition/step-context.js';
import { type Discard, settleForward } from './apply-reply.js';
import { applyCancel, type Refusal } from './apply-verb.js';
import { type Draft, record, stepOf } from './draft.js';
import { isTerminal } from './instance.js';
import type { ReplyOutcome, SagaInput } from './saga-input.js';

/** A child came to its end, by itself or because it was told to turn back. */
export function applyChild(draft: Draft, input: SagaInput & { readonly kind: 'childFinished' }): Discard | undefined {
  const step = draft.definition.steps.get(input.step);
  if (isTerminal(draft.folded.state.status)) return 'finished';
  if (step?.kind !== 'child') return 'unknown step';
  const { status, round } = stepOf(draft, step.name);
  if (round !== input.round) return 'other round';
  switch (status) {
    case 'dispatched':
      return settleForward(draft, step, { attempt: 1, outcome: answerOf(input.outcome) });
    case 'unknown':
    case 'compensating':
      // That it completed was on its way when it was told to turn back: the answer to that is still to come.
      if (input.outcome.kind === 'completed') return 'late';
      record(draft, { kind: 'stepCompensated', step: step.name });
      return undefined;
    case 'pending':
    case 'succeeded':
    case 'declined':
    case 'skipped':
    case 'compensated':
    case 'notCompensated':
      return 'not awaited';
    default:
      return status satisfies never;
  }
}

/** A child that undid itself left nothing: to its parent that is a definite "no". */
function answerOf(outcome: (SagaInput & { readonly kind: 'childFinished' })['outcome']): ReplyOutcome {
  switch (outcome.kind) {
    case 'completed':
      return { kind: 'succeeded', ...(outcome.output === undefined ? {} : { output: outcome.output }) };
    case 'compensated': {
      const { code, message, detail } = outcome.failure;
      return { kind: 'declined', code, message, ...(detail === undefined ? {} : { detail }) };
    }
    default:
      return outcome satisfies never;
  }
}

/**
 * The step that this instance is, is being undone. That a completed instance goes back is for its parent alone to say, and only where nothing
 * of it is past a pivot; the definition refuses a child with one before its parent's.
 */
export function applyParentTurnedBack(draft: Draft, failure: Failure): Discard | Refusal | undefined {
  const { status, parent } = draft.folded.state;
  if (parent === undefined) return 'not awaited';
  const { code, message, detail } = failure;
  const why = { step: '', code, message, ...(detail === undefined ? {} : { detail }) };
  if (status === 'compensated') return 'already compensating';
  if (status !== 'completed') return applyCancel(draft, why);
  record(draft, { kind: 'compensationStarted', failure: why });
  return undefined;
}
