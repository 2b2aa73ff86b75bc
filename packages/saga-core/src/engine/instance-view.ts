import { commandId } from '@backstitch/messaging';
import type { Failure } from '../definition/step-context.js';
import type { SagaDefinition } from '../definition/step-definition.js';
import { sagaOutputOf } from '../machine/author.js';
import {
  heldKeys,
  type InstanceLocks,
  isTerminal,
  type ParentStep,
  type Parking,
  type SagaInstance,
  type SagaStatus,
  type StepStatus,
  stepStateOf,
} from '../machine/instance.js';
import { sentAs } from '../machine/sent-as.js';
import { itemUnits, splitKey } from '../machine/unit.js';
import { childIdOf } from './command-message.js';
import type { LockPlace, StoredInstance } from './saga-store.js';

/** The lock keys of an instance, and who waits for whom. */
export interface LockView {
  readonly status: InstanceLocks['status'];
  /** Those that it inherited, too. */
  readonly keys: readonly string[];
  /** How many instances wait behind it. */
  readonly blocking: number;
  /** What it waits for itself, and the id of the instance that holds it. */
  readonly waitingFor: readonly { readonly key: string; readonly heldBy: string }[];
  /** When it gives up waiting, in milliseconds of the database's clock. */
  readonly deadlineAt?: number;
}

export interface StepView {
  readonly status: StepStatus;
  readonly round: number;
  readonly attempt?: number;
  /** The instance that is this step's child, once it has begun. */
  readonly child?: string;
}

/** What may be read of an instance. */
export interface InstanceView {
  readonly id: string;
  readonly saga: string;
  readonly version: number;
  readonly hash: string;
  readonly status: SagaStatus;
  readonly paused: boolean;
  /** Of a fan-out also its items, as far as they are reached: `reserve[3]`. */
  readonly steps: Readonly<Record<string, StepView>>;
  /** Whose step it is, where it is a child. */
  readonly parent?: ParentStep;
  readonly failure?: Failure;
  readonly parked?: Parking;
  readonly output?: unknown;
  /** Absent where it was started without locks. */
  readonly locks?: LockView;
  readonly startKey: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** `place` is the store's answer about the queues: without it nobody is said to wait. */
export function viewOf(
  stored: StoredInstance,
  definition: SagaDefinition | undefined,
  place?: LockPlace,
): InstanceView {
  const { instance, startKey, tags, createdAt, updatedAt } = stored;
  const { state } = instance;
  const steps = keysOf(instance, definition).map((key) => [key, stepViewOf(instance, definition, key)] as const);
  const output = definition === undefined ? instance.output : outputOf(stored, definition);
  const { parent } = state;
  return {
    id: instance.id,
    saga: instance.saga,
    version: instance.version,
    hash: instance.hash,
    status: state.status,
    paused: state.pausedAt !== undefined,
    steps: Object.fromEntries(steps),
    ...(parent === undefined ? {} : { parent }),
    ...(state.failure === undefined ? {} : { failure: state.failure }),
    ...(state.parked === undefined ? {} : { parked: state.parked }),
    ...(output === undefined ? {} : { output }),
    ...(state.locks === undefined ? {} : { locks: lockViewOf(stored, state.locks, place) }),
    startKey,
    tags,
    createdAt,
    updatedAt,
  };
}

function lockViewOf({ instance }: StoredInstance, { status, deadlineAt }: InstanceLocks, place?: LockPlace): LockView {
  return {
    status,
    keys: heldKeys(instance.state),
    blocking: place?.blocking ?? 0,
    waitingFor: place?.waitingFor ?? [],
    ...(deadlineAt === undefined ? {} : { deadlineAt }),
  };
}

/** Whether the queues are worth asking about. */
export function standsInQueues({ instance: { state } }: StoredInstance): boolean {
  return state.locks !== undefined && !isTerminal(state.status);
}

/** In the order of the definition, where this process knows it; items behind their step. */
function keysOf({ state, bodies }: SagaInstance, definition: SagaDefinition | undefined): readonly string[] {
  if (definition === undefined) return Object.keys(state.steps);
  return [...definition.steps.values()].flatMap((step) => {
    const items = step.kind === 'each' ? itemUnits(step, bodies) : [];
    return [step.name, ...items.map(({ name }) => name).filter((name) => Object.hasOwn(state.steps, name))];
  });
}

function stepViewOf({ id, state }: SagaInstance, definition: SagaDefinition | undefined, key: string): StepView {
  const { status, round, pace } = stepStateOf(state, key);
  const hasChild = definition?.steps.get(key)?.kind === 'child' && status !== 'pending' && status !== 'skipped';
  const doId = commandId({ sagaId: id, ...splitKey(sentAs(state, key)), round, direction: 'do' });
  return {
    status,
    round,
    ...(pace === undefined ? {} : { attempt: pace.attempt }),
    ...(hasChild ? { child: childIdOf(id, doId) } : {}),
  };
}

/** What a completed saga answers. */
export function outputOf({ instance }: Pick<StoredInstance, 'instance'>, definition: SagaDefinition): unknown {
  return instance.state.status === 'completed' ? sagaOutputOf(definition, instance) : undefined;
}
