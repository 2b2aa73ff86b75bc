import type { StepDefinition, UnitDefinition } from '../definition/step-definition.js';
import { type Refusal, unpark } from './apply-verb.js';
import { type Draft, park, record, stepOf, unitNamed, units } from './draft.js';
import { isTerminal, type Parking } from './instance.js';
import { reasonToTurnBack } from './proceed.js';
import type { Resolution, SagaInput } from './saga-input.js';

type Skip = SagaInput & { readonly kind: 'skip' };
type Resolve = SagaInput & { readonly kind: 'resolve' };

/** Goes on without a step: one that has not begun, or the one that the instance is parked for. */
export function applySkip(draft: Draft, input: Skip): Refusal | undefined {
  const { status, parked } = draft.folded.state;
  const step = unitNamed(draft, input.step);
  if (isTerminal(status)) return { refused: `the instance is ${status}` };
  if (step === undefined) return { refused: `there is no step '${input.step}'` };
  if (status === 'compensating' || parked?.from === 'compensating')
    return { refused: 'the instance is being undone: resolve the step instead' };
  if (step.phase === 'pivot') return { refused: 'a saga that skips its point of no return has none' };
  const before = stepOf(draft, step.name).status;
  const isParkedFor = parked?.step === step.name;
  if (before === 'dispatched' && isParkedFor) {
    // Sent once, it may yet take effect: it counts as done, so that a late answer is no contradiction and a turn back undoes it.
    record(draft, { kind: 'stepSucceeded', step: step.name, ...outputOf(input) });
  } else if (before === 'pending' || (before === 'declined' && isParkedFor)) {
    record(draft, { kind: 'stepSkipped', step: step.name, why: 'operator', ...outputOf(input) });
  } else {
    return { refused: `step '${step.name}' is ${before}, and the instance is not parked for it` };
  }
  if (parked !== undefined && isParkedFor) goOn(draft, parked);
  return undefined;
}

/** What a person found out about the parked step counts as its answer. */
export function applyResolve(draft: Draft, input: Resolve): Refusal | undefined {
  const { parked } = draft.folded.state;
  const step = unitNamed(draft, input.step);
  if (parked === undefined) return { refused: 'the instance is not parked' };
  if (step === undefined) return { refused: `there is no step '${input.step}'` };
  const refused = whyNot(draft, step, input.outcome);
  if (refused !== undefined) return { refused };
  recordResolution(draft, step, input.outcome);
  // What is found out about another step does not move the one that stands still.
  if (parked.step === undefined || parked.step === step.name) goOn(draft, parked);
  return undefined;
}

/** Another step may have come to a stand while it was parked. Nothing would ever wake that one: a person is needed for it, too. */
function goOn(draft: Draft, { at }: Parking): void {
  unpark(draft, at);
  const still = units(draft).find((unit) => standsStill(draft, unit));
  if (still === undefined || reasonToTurnBack(draft) !== undefined) return;
  park(draft, 'STEP_FAILED', `'${still.name}' has used up its attempts, or was declined, while it was parked`, {
    step: still.name,
  });
}

function standsStill(draft: Draft, step: UnitDefinition): boolean {
  const { status, pace } = stepOf(draft, step.name);
  if (status === 'declined') return step.phase === 'retriable';
  if (status !== 'dispatched' && status !== 'compensating') return false;
  const isPaced = ['invoke', 'call', 'local'].includes(step.kind) || (step.kind === 'wait' && step.timeoutMs !== null);
  return isPaced && pace?.deadlineAt === undefined && pace?.retryAt === undefined;
}

function whyNot(draft: Draft, step: StepDefinition, outcome: Resolution): string | undefined {
  const { status } = stepOf(draft, step.name);
  const said = `step '${step.name}' is ${status}: it cannot be resolved as ${outcome.kind}`;
  switch (outcome.kind) {
    case 'succeeded':
      return status === 'dispatched' || (status === 'declined' && step.phase === 'retriable') ? undefined : said;
    case 'declined':
      if (step.phase === 'retriable')
        return 'after the pivot nothing is undone: resolve the step as succeeded, or skip it';
      return status === 'dispatched' ? undefined : said;
    case 'compensated':
      return status === 'compensating' || status === 'unknown' ? undefined : said;
    default:
      return outcome satisfies never;
  }
}

function recordResolution(draft: Draft, { name }: StepDefinition, outcome: Resolution): void {
  switch (outcome.kind) {
    case 'succeeded':
      record(draft, { kind: 'stepSucceeded', step: name, ...outputOf(outcome) });
      return;
    case 'declined': {
      const { code, message } = outcome;
      record(draft, { kind: 'stepDeclined', step: name, failure: { step: name, code, message } });
      return;
    }
    case 'compensated':
      record(draft, { kind: 'stepCompensated', step: name });
      return;
    default:
      outcome satisfies never;
  }
}

function outputOf({ output }: { readonly output?: unknown }): { readonly output?: unknown } {
  return output === undefined ? {} : { output };
}
