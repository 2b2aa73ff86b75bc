import { foundText } from '@backstitch/messaging';
import type { SagaDefinition, StepDefinition } from '../definition/step-definition.js';
import { SagaError } from '../errors.js';

/**
 * How a step goes wrong: a business "no" · every attempt ends in a technical error, so that in the end nobody knows · nobody answers any
 * attempt (of a `waitFor`: the signal stays away).
 */
export type Mishap = 'declined' | 'unknown' | 'timeout';
const mishaps = ['declined', 'unknown', 'timeout'] as const satisfies readonly Mishap[];

/** What is supposed to happen. Steps that it does not name succeed. */
export interface Scenario {
  /** By step: what becomes of doing it. */
  readonly fail?: Readonly<Record<string, Mishap>>;
  /** By step: what becomes of undoing it. */
  readonly failUndo?: Readonly<Record<string, Mishap>>;
  /** Steps whose `when` answers no. The others' answers yes. */
  readonly skip?: readonly string[];
}

/** @throws SagaError OPTION_INVALID naming the step that is not there, or that cannot fail in that way. */
export function checkScenario(definition: SagaDefinition, { fail = {}, failUndo = {}, skip = [] }: Scenario): void {
  for (const [name, mishap] of Object.entries(fail)) {
    const field = `fail.${name}`;
    const step = stepIn(definition, name, field);
    if (!mishapsOf(step).includes(mishap)) throw impossible(field, mishap, mishapsOf(step));
  }
  for (const [name, mishap] of Object.entries(failUndo)) {
    const field = `failUndo.${name}`;
    const step = stepIn(definition, name, field);
    const possible = undoMishapsOf(step);
    if (!possible.includes(mishap)) throw impossible(field, mishap, possible);
  }
  for (const name of skip) {
    if (stepIn(definition, name, 'skip').when === null)
      throw invalid('skip', name, "name a step that has a 'when': the others are never skipped");
  }
}

function mishapsOf(step: StepDefinition): readonly Mishap[] {
  switch (step.kind) {
    case 'invoke':
    case 'each':
    case 'call':
      return mishaps;
    // Attempts are the child's own; of it there is one.
    case 'child':
      return ['declined'];
    case 'local':
      return ['declined', 'unknown'];
    case 'wait':
      return step.timeoutMs === null ? [] : ['timeout'];
    case 'sleep':
      return [];
    default:
      return step satisfies never;
  }
}

/** A step with nothing to undo is still fenced where it is unknown: that message can go wrong too. */
function undoMishapsOf(step: StepDefinition): readonly Mishap[] {
  if (step.phase !== 'compensatable') return [];
  return step.kind === 'invoke' || step.compensate !== null ? mishapsOf(step) : [];
}

function stepIn(definition: SagaDefinition, name: string, field: string): StepDefinition {
  const step = definition.steps.get(name);
  if (step !== undefined) return step;
  throw invalid(field, name, `saga '${definition.name}' has the steps ${[...definition.steps.keys()].join(', ')}`);
}

function impossible(field: string, mishap: unknown, possible: readonly Mishap[]): SagaError {
  return invalid(field, mishap, possible.length === 0 ? 'it cannot go wrong' : `it can be ${possible.join(', ')}`);
}

function invalid(field: string, value: unknown, hint: string): SagaError {
  return new SagaError('OPTION_INVALID', `the scenario's ${field} is ${foundText(value)}`, {
    fields: { field, value },
    hint,
  });
}
