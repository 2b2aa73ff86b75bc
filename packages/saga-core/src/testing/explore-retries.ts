import type { ResolvedRetry } from '../definition/retry-policy.js';
import type { SagaDefinition, StepDefinition } from '../definition/step-definition.js';

/**
 * The same saga with fewer attempts: giving up after the tenth is decided as giving up after the second is, and takes eight faults more to
 * get to. What is tried for ever stays so.
 */
export function withFewerAttempts(definition: SagaDefinition, maxAttempts: number): SagaDefinition {
  const cut = (retry: ResolvedRetry): ResolvedRetry =>
    retry.attempts === null ? retry : { ...retry, attempts: Math.min(retry.attempts, maxAttempts) };
  const steps = new Map(
    [...definition.steps].map(([name, step]): [string, StepDefinition] => [
      name,
      { ...step, retry: cut(step.retry), undoRetry: cut(step.undoRetry) },
    ]),
  );
  const stages = definition.stages.map((stage) => stage.map((step) => steps.get(step.name) ?? step));
  return { ...definition, steps, stages };
}
