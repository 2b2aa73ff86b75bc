import type { UnitDefinition } from '../definition/step-definition.js';
import { applyAcceptance } from './apply-acceptance.js';
import { failAttempt, giveUpUndo } from './attempt.js';
import { type Draft, keepEvidence, park, record, stepOf, unitNamed } from './draft.js';
import { isTerminal } from './instance.js';
import type { LocalOutcome, RepliedInput, ReplyOutcome, SagaInput } from './saga-input.js';

/** Why an input changed nothing: counted, never an exception. */
export type Discard =
  | 'finished'
  | 'unknown step'
  | 'wrong participant'
  | 'other round'
  | 'not awaited'
  | 'late'
  | 'stale attempt'
  | 'held'
  | 'not due'
  | 'already compensating';

export function applyReply(draft: Draft, input: RepliedInput): Discard | undefined {
  const step = unitNamed(draft, input.step);
  if (isTerminal(draft.folded.state.status)) return 'finished';
  if (step === undefined || step.kind !== 'invoke') return 'unknown step';
  if (input.from !== undefined && input.from !== step.command.participant) return 'wrong participant';
  if (stepOf(draft, step.name).round !== input.round) return 'other round';
  const { outcome } = input;
  if (outcome.kind === 'accepted') return applyAcceptance(draft, step, input);
  const answer = { ...input, outcome };
  return input.direction === 'do' ? applyForward(draft, step, answer) : applyUndo(draft, step, answer);
}

function applyForward(draft: Draft, step: UnitDefinition, input: Answered): Discard | undefined {
  const { status } = stepOf(draft, step.name);
  const { outcome } = input;
  switch (status) {
    case 'dispatched':
      return settleForward(draft, step, input);
    case 'declined':
    case 'skipped':
      // It was said to have had no effect, and now it has had one: no rule may guess which is true.
      if (outcome.kind === 'succeeded' || outcome.kind === 'contractBroken')
        return contradict(draft, step.name, status, outcome);
      return 'not awaited';
    case 'unknown':
    case 'compensating':
    case 'compensated':
    case 'notCompensated':
      return 'late';
    case 'pending':
    case 'succeeded':
      return 'not awaited';
    default:
      return status satisfies never;
  }
}

/** What an answer that was awaited means; an answer to a parked step moves nothing. */
export function settleForward(draft: Draft, step: UnitDefinition, { outcome, attempt }: Answered): Discard | undefined {
  if (draft.folded.state.parked?.step === step.name) return keep(draft, step.name, outcome);
  switch (outcome.kind) {
    case 'succeeded':
      record(draft, { kind: 'stepSucceeded', step: step.name, ...outputOf(outcome) });
      return undefined;
    case 'contractBroken':
      park(draft, 'CONTRACT_BROKEN', outcome.message, { step: step.name, evidence: outcome.body });
      return undefined;
    case 'declined':
      decline(draft, step, outcome);
      return undefined;
    case 'failed': {
      const message = `${outcome.code}: ${outcome.message}`;
      const { code: reason } = outcome;
      return failAttempt(draft, step, { attempt, direction: 'do', code: 'STEP_FAILED', message, reason })
        ? undefined
        : 'stale attempt';
    }
    default:
      return outcome satisfies never;
  }
}

/** An answer, by whatever way it came. */
interface Answered {
  readonly attempt: number;
  readonly outcome: ReplyOutcome;
}

function applyUndo(draft: Draft, step: UnitDefinition, input: Answered): Discard | undefined {
  return stepOf(draft, step.name).status === 'compensating' ? settleUndo(draft, step, input) : 'not awaited';
}

export function settleUndo(draft: Draft, step: UnitDefinition, { outcome, attempt }: Answered): Discard | undefined {
  if (draft.folded.state.parked?.step === step.name) return keep(draft, step.name, outcome);
  switch (outcome.kind) {
    case 'succeeded':
    // Nobody reads the body of an undo.
    case 'contractBroken':
      record(draft, { kind: 'stepCompensated', step: step.name });
      return undefined;
    case 'declined':
      giveUpUndo(draft, step, {
        code: 'STEP_DECLINED',
        message: `the undo was declined: ${outcome.code}: ${outcome.message}`,
        evidence: outcome.detail,
      });
      return undefined;
    case 'failed': {
      const message = `${outcome.code}: ${outcome.message}`;
      const { code: reason } = outcome;
      return failAttempt(draft, step, { attempt, direction: 'undo', code: 'STEP_FAILED', message, reason })
        ? undefined
        : 'stale attempt';
    }
    default:
      return outcome satisfies never;
  }
}

/** A local function's outcome, from the same transaction as its effect. */
export function applyLocal(draft: Draft, input: SagaInput & { readonly kind: 'localFinished' }): Discard | undefined {
  const step = draft.definition.steps.get(input.step);
  if (step?.kind !== 'local') return 'unknown step';
  const { status, pace } = stepOf(draft, step.name);
  if (status !== (input.direction === 'do' ? 'dispatched' : 'compensating')) return 'not awaited';
  const { outcome, direction } = input;
  if (outcome.kind === 'succeeded') {
    if (direction === 'do') record(draft, { kind: 'stepSucceeded', step: step.name, ...outputOf(outcome) });
    else record(draft, { kind: 'stepCompensated', step: step.name });
  } else if (outcome.kind === 'declined' && direction === 'do') {
    decline(draft, step, outcome);
  } else {
    failAttempt(draft, step, {
      attempt: pace?.attempt ?? 1,
      direction,
      code: 'STEP_FAILED',
      message: `${outcome.code}: ${outcome.message}`,
      reason: outcome.code,
    });
  }
  return undefined;
}

function decline(
  draft: Draft,
  step: UnitDefinition,
  outcome: (ReplyOutcome | LocalOutcome) & { readonly kind: 'declined' },
): void {
  const { code, message, detail } = outcome;
  if (step.phase === 'retriable') {
    record(draft, { kind: 'stepDeclined', step: step.name });
    park(draft, 'STEP_DECLINED', `declined after the pivot: ${code}: ${message}`, {
      step: step.name,
      evidence: detail,
    });
    return;
  }
  const failure = { step: step.name, code, message, ...(detail === undefined ? {} : { detail }) };
  record(draft, { kind: 'stepDeclined', step: step.name, failure });
}

function contradict(draft: Draft, step: string, status: string, outcome: ReplyOutcome): Discard | undefined {
  if (draft.folded.state.parked !== undefined) return keep(draft, step, outcome);
  const message = `step '${step}' was ${status} and then reported success of the same round`;
  park(draft, 'CONTRADICTION', message, { step, evidence: bodyOf(outcome) });
  return undefined;
}

/** An answer to a parked step moves nothing: the operator reads it and decides. */
function keep(draft: Draft, step: string, outcome: ReplyOutcome): Discard | undefined {
  const before = draft.events.length;
  keepEvidence(draft, step, outcome.kind, bodyOf(outcome));
  return draft.events.length === before ? 'held' : undefined;
}

function outputOf(outcome: { readonly output?: unknown }): { readonly output?: unknown } {
  return outcome.output === undefined ? {} : { output: outcome.output };
}

function bodyOf(outcome: ReplyOutcome): unknown {
  switch (outcome.kind) {
    case 'succeeded':
      return outcome.output;
    case 'contractBroken':
      return outcome.body;
    case 'declined':
      return { code: outcome.code, message: outcome.message, detail: outcome.detail };
    case 'failed':
      return { code: outcome.code, message: outcome.message };
    default:
      return outcome satisfies never;
  }
}
