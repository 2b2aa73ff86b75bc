import type { SagaDefinition, StepDefinition } from '../definition/step-definition.js';
import { isTerminal, type SagaInstance, type StepStatus, stepStateOf } from '../machine/instance.js';
import { itemUnits } from '../machine/unit.js';
import type { Direction } from '../machine/saga-input.js';

export interface RemainingStep {
  readonly step: string;
  /** `undo` where the saga goes back. */
  readonly direction: Direction;
  readonly status: StepStatus;
}

/**
 * What is left to do as things stand, what is under way with it, in the order in which it comes. A step whose `when` says no later, and undos
 * after a failure that has not happened yet, nobody can know.
 */
export function remainingSteps(
  definition: SagaDefinition,
  { state, bodies }: Pick<SagaInstance, 'state' | 'bodies'>,
): readonly RemainingStep[] {
  if (isTerminal(state.status)) return [];
  const units = [...definition.steps.values()].flatMap((step) => partsOf(step, bodies));
  const steps = units.map((step) => ({ step, status: stepStateOf(state, step.name).status }));
  const isGoingBack = state.status === 'compensating' || state.parked?.from === 'compensating';
  if (!isGoingBack) {
    return steps
      .filter(({ status }) => status !== 'succeeded' && status !== 'skipped')
      .map(({ step, status }) => ({ step: step.name, direction: 'do', status }));
  }
  const underWay = steps.filter(({ status }) => status === 'unknown' || status === 'compensating');
  const done = steps
    .filter(({ step, status }) => status === 'succeeded' && step.compensate !== null)
    .sort((one, other) => other.step.stage - one.step.stage);
  return [...underWay, ...done].map(({ step, status }) => ({ step: step.name, direction: 'undo', status }));
}

/** A fan-out is its items, once its list is known. */
function partsOf(step: StepDefinition, bodies: SagaInstance['bodies']): readonly StepDefinition[] {
  const items = step.kind === 'each' ? itemUnits(step, bodies) : [];
  return items.length === 0 ? [step] : items;
}
