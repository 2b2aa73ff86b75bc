import type { CallStepDefinition, SagaDefinition, StepDefinition } from '../definition/step-definition.js';
import type { TestActivity } from './test-activity.js';

/** The same definition, whose calls to the outside are counted while they are under way: a test waits for their end. */
export function withTrackedCalls(definition: SagaDefinition, activity: TestActivity): SagaDefinition {
  const steps = new Map(
    [...definition.steps].map(([name, step]) => [name, step.kind === 'call' ? tracked(step, activity) : step] as const),
  );
  const same = (step: StepDefinition): StepDefinition => steps.get(step.name) ?? step;
  return { ...definition, steps, stages: definition.stages.map((stage) => stage.map(same)) };
}

function tracked(step: CallStepDefinition, activity: TestActivity): CallStepDefinition {
  const { run, compensate } = step;
  return {
    ...step,
    run: (context) => activity.trackCall(async () => run(context)),
    compensate: compensate === null ? null : (context) => activity.trackCall(async () => compensate(context)),
  };
}
