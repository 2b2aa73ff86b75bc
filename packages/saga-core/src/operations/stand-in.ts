import type { AnyCommand } from '@backstitch/messaging';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { SagaDefinition, StepDefinition } from '../definition/step-definition.js';

/** Takes everything: there is no data to check. */
const anything: StandardSchemaV1 = {
  '~standard': { version: 1, vendor: 'backstitch', validate: (value) => ({ value }) },
};

/**
 * The same saga without its author's functions, so that it moves without data: payloads are null, every `when` answers as it is told, and a
 * wait with jitter lasts as long as it can.
 */
export function standInFor(definition: SagaDefinition, skipped: readonly string[]): SagaDefinition {
  const stages = definition.stages.map((stage) => stage.map((step) => standInStep(step, skipped)));
  return {
    ...definition,
    stages,
    steps: new Map(stages.flat().map((step) => [step.name, step])),
    input: anything,
    output: null,
  };
}

function standInStep(step: StepDefinition, skipped: readonly string[]): StepDefinition {
  const common = {
    when: step.when === null ? null : () => !skipped.includes(step.name),
    retry: { ...step.retry, jitter: 'none' },
    undoRetry: { ...step.undoRetry, jitter: 'none' },
  } as const;
  if (step.kind === 'child') return { ...step, ...common, saga: standInFor(step.saga, []), with: () => null };
  if (step.kind !== 'invoke' && step.kind !== 'each') return { ...step, ...common };
  const compensate =
    step.compensate === null ? null : { command: withoutSchemas(step.compensate.command), with: () => null };
  const remote = { ...common, command: withoutSchemas(step.command), with: () => null, compensate };
  // How many items there are is data: the explanation is that of one.
  return step.kind === 'each' ? { ...step, ...remote, over: () => [null] } : { ...step, ...remote };
}

function withoutSchemas(command: AnyCommand): AnyCommand {
  return { ...command, spec: { request: anything } };
}
