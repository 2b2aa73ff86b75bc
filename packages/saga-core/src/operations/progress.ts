import type { SagaDefinition } from '../definition/step-definition.js';
import type { InstanceView } from '../engine/instance-view.js';
import { SagaError } from '../errors.js';
import {
  type InstanceState,
  type Parking,
  type SagaInstance,
  type SagaStatus,
  type StepStatus,
  stepStateOf,
} from '../machine/instance.js';
import { splitKey } from '../machine/unit.js';

/** An instance to lay over its definition: what `engine.find` answers, or the machine's own. */
export type DrawnInstance =
  | Pick<InstanceView, 'saga' | 'version' | 'status' | 'paused' | 'steps' | 'parked'>
  | Pick<SagaInstance, 'saga' | 'version' | 'state'>;

/** Where an instance stands at a step. `unreached` will not run any more: the saga goes back, or has gone back; `kept` could not be undone. */
export const stepMarks = [
  'done',
  'current',
  'remaining',
  'undoing',
  'undone',
  'kept',
  'declined',
  'skipped',
  'parked',
  'unreached',
] as const;
export type StepMark = (typeof stepMarks)[number];

export interface Progress {
  /** `running`, `parked`, `running, paused`. */
  readonly words: string;
  readonly marks: ReadonlyMap<string, StepMark>;
}

/** @throws SagaError OPTION_INVALID where the instance is of another saga or version: its steps would be drawn wrongly. */
export function progressOf(definition: SagaDefinition, instance: DrawnInstance): Progress {
  const { saga, version } = instance;
  if (saga !== definition.name || version !== definition.version) {
    throw new SagaError(
      'OPTION_INVALID',
      `an instance of '${saga}' version ${version} is no instance of '${definition.name}' version ${definition.version}`,
      { fields: { saga, version, definition: definition.name }, hint: 'draw it with the definition it is pinned to' },
    );
  }
  const seen = 'state' in instance ? ofState(instance.state) : instance;
  const { status, paused, parked } = seen;
  const goesOn = status === 'running' || parked?.from === 'running';
  const marks = [...definition.steps.keys()].map((name) => {
    const at = Object.hasOwn(seen.steps, name) ? seen.steps[name]?.status : undefined;
    const parkedFor = parked?.step === undefined ? undefined : splitKey(parked.step).step;
    return [name, parkedFor === name ? 'parked' : markOf(at ?? 'pending', goesOn)] as const;
  });
  return { words: paused ? `${status}, paused` : status, marks: new Map(marks) };
}

interface Seen {
  readonly status: SagaStatus;
  readonly paused: boolean;
  readonly steps: Readonly<Record<string, { readonly status: StepStatus }>>;
  readonly parked?: Parking;
}

function ofState(state: InstanceState): Seen {
  const steps = Object.keys(state.steps).map((name) => [name, stepStateOf(state, name)] as const);
  const parked = state.parked === undefined ? {} : { parked: state.parked };
  return { status: state.status, paused: state.pausedAt !== undefined, steps: Object.fromEntries(steps), ...parked };
}

function markOf(status: StepStatus, goesOn: boolean): StepMark {
  switch (status) {
    case 'pending':
      return goesOn ? 'remaining' : 'unreached';
    case 'dispatched':
      return 'current';
    case 'succeeded':
      return 'done';
    case 'unknown':
    case 'compensating':
      return 'undoing';
    case 'compensated':
      return 'undone';
    case 'notCompensated':
      return 'kept';
    case 'declined':
    case 'skipped':
      return status;
    default:
      return status satisfies never;
  }
}
