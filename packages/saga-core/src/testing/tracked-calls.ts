import type { CallStepDefinition, SagaDefinition, StepDefinition } from '../definition/step-definition.js';
import type { TestActivity } from './test-activity.js';

/**
 * The same definitions, whose calls to the outside are counted while they are under way: a test waits for their end. A child that is named by two of
 * them stays one.
 */
export function withTrackedCalls(
  definitions: readonly SagaDefinition[],
  activity: TestActivity,
): readonly SagaDefinition[] {
  const known = new Map<SagaDefinition, SagaDefinition>();
  const trackedSaga = (definition: SagaDefinition): SagaDefinition => {
    const before = known.get(definition);
    if (before !== undefined) return before;
    const steps = new Map([...definition.steps].map(([name, step]) => [name, trackedStep(step)] as const));
    const same = (step: StepDefinition): StepDefinition => steps.get(step.name) ?? step;
    const tracked = { ...definition, steps, stages: definition.stages.map((stage) => stage.map(same)) };
    known.set(definition, tracked);
    return tracked;
  };
  const trackedStep = (step: StepDefinition): StepDefinition => {
    if (step.kind === 'child') return { ...step, saga: trackedSaga(step.saga) };
    return step.kind === 'call' ? trackedCall(step, activity) : step;
  };
  return definitions.map(trackedSaga);
}

function trackedCall(step: CallStepDefinition, activity: TestActivity): CallStepDefinition {
  const { run, compensate } = step;
  return {
    ...step,
    run: (context) => activity.trackCall(async () => run(context)),
    compensate: compensate === null ? null : (context) => activity.trackCall(async () => compensate(context)),
  };
}

/** Sagas and those that are steps of theirs, each once. */
export function withChildren(definitions: readonly SagaDefinition[]): readonly SagaDefinition[] {
  const found = new Set<SagaDefinition>();
  const add = (definition: SagaDefinition): void => {
    if (found.has(definition)) return;
    found.add(definition);
    for (const step of definition.steps.values()) if (step.kind === 'child') add(step.saga);
  };
  for (const definition of definitions) add(definition);
  return [...found];
}
