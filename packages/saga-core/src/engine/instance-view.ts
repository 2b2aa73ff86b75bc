import type { Failure } from '../definition/step-context.js';
import type { SagaDefinition } from '../definition/step-definition.js';
import { type Parking, type SagaStatus, type StepStatus, stepStateOf } from '../machine/instance.js';
import type { StoredInstance } from './saga-store.js';

/** What may be read of an instance. */
export interface InstanceView {
  readonly id: string;
  readonly saga: string;
  readonly version: number;
  readonly status: SagaStatus;
  readonly paused: boolean;
  readonly steps: Readonly<
    Record<string, { readonly status: StepStatus; readonly round: number; readonly attempt?: number }>
  >;
  readonly failure?: Failure;
  readonly parked?: Parking;
  readonly output?: unknown;
  readonly startKey: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export function viewOf(stored: StoredInstance, definition: SagaDefinition | undefined): InstanceView {
  const { instance, startKey, tags, createdAt, updatedAt } = stored;
  const { state } = instance;
  const names = definition === undefined ? Object.keys(state.steps) : [...definition.steps.keys()];
  const steps = names.map((name) => {
    const { status, round, pace } = stepStateOf(state, name);
    return [name, { status, round, ...(pace === undefined ? {} : { attempt: pace.attempt }) }] as const;
  });
  const output = definition === undefined ? instance.output : outputOf(stored, definition);
  return {
    id: instance.id,
    saga: instance.saga,
    version: instance.version,
    status: state.status,
    paused: state.pausedAt !== undefined,
    steps: Object.fromEntries(steps),
    ...(state.failure === undefined ? {} : { failure: state.failure }),
    ...(state.parked === undefined ? {} : { parked: state.parked }),
    ...(output === undefined ? {} : { output }),
    startKey,
    tags,
    createdAt,
    updatedAt,
  };
}

/** What a completed saga answers: what `output` made of it, or else its steps' outputs. */
export function outputOf({ instance }: StoredInstance, definition: SagaDefinition): unknown {
  if (instance.state.status !== 'completed') return undefined;
  if (definition.output !== null) return instance.output;
  const outputs = [...definition.steps.keys()].map((name) => [name, instance.bodies[name]?.output] as const);
  return Object.fromEntries(outputs.filter(([, output]) => output !== undefined));
}
