import type { SagaDefinition } from '../../src/definition/step-definition.js';
import { newInstance, type SagaInstance, type SagaStatus, type StepStatus } from '../../src/machine/instance.js';

/** An instance that stands where the test says, without a journal. */
export function placeInstance(
  definition: SagaDefinition,
  status: SagaStatus,
  steps: Readonly<Record<string, StepStatus>>,
): SagaInstance {
  const fresh = newInstance(definition, { id: 'i1', input: {}, now: 0 });
  const placed = Object.entries(steps).map(([name, at]) => [name, { status: at, round: 1 }] as const);
  return { ...fresh, state: { ...fresh.state, status, steps: Object.fromEntries(placed) } };
}
