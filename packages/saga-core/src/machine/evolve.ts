import type { Failure } from '../definition/step-context.js';
import type { InstanceLocks, InstanceState, Parking, StepBodies, StepState, StepStatus } from './instance.js';
import { stepStateOf } from './instance.js';
import type { JournalEntry, JournalEvent, PinnedVersion, SagaMigrated } from './journal-event.js';
import { keyOf, splitKey } from './unit.js';

export interface Folded {
  readonly state: InstanceState;
  readonly bodies: Readonly<Record<string, StepBodies>>;
  readonly output?: unknown;
  /** What it was carried over to last; its input where that was mapped. */
  readonly migrated?: PinnedVersion & { readonly input?: unknown };
}

/** How a record comes to hold another value. */
type Put = <T>(record: Readonly<Record<string, T>>, key: string, value: T) => Readonly<Record<string, T>>;

const copied: Put = (record, key, value) => ({ ...record, [key]: value });
/** For a fold, whose records nobody else has seen: a copy an event would make a long list cost its square. */
const written: Put = (record, key, value) => Object.assign(record, { [key]: value });

/** One event's change. Pure, total, and free of decisions: whoever recorded the event decided. */
export function evolve(folded: Folded, event: JournalEvent, at: number): Folded {
  return evolveBy(copied, folded, { event, at });
}

interface Fact<Event> {
  readonly event: Event;
  readonly at: number;
}

function evolveBy(put: Put, folded: Folded, { event, at }: Fact<JournalEvent>): Folded {
  const { state } = folded;
  switch (event.kind) {
    case 'sagaStarted':
      return { ...folded, state: { ...state, ...startOf(event) } };
    case 'locksGranted':
      return state.locks === undefined
        ? folded
        : { ...folded, state: { ...state, locks: untimed(state.locks, 'held') } };
    case 'stepDispatched':
    case 'signalKept':
    case 'stepSucceeded':
    case 'stepDeclined':
    case 'stepUnknown':
    case 'stepSkipped':
    case 'itemsPlanned':
    case 'undoDispatched':
    case 'stepCompensated':
    case 'compensationGivenUp':
    case 'payloadCorrected':
    case 'roundOpened':
      return evolveStep(put, folded, event);
    case 'compensationStarted': {
      // A completed child that is taken back has an output no more.
      const { cancel: _cancel, ...rest } = state;
      const { output: _output, ...kept } = folded;
      return { ...kept, state: { ...rest, status: 'compensating', failure: event.failure } };
    }
    case 'cancelRequested':
      return { ...folded, state: { ...state, cancel: event.failure } };
    case 'sagaCompleted':
      return { ...folded, state: settle(state, 'completed'), ...('output' in event ? { output: event.output } : {}) };
    case 'sagaCompensated':
      return { ...folded, state: settle(state, 'compensated') };
    case 'sagaParked': {
      const from = state.status === 'compensating' ? 'compensating' : 'running';
      const step = event.step === undefined ? {} : { step: event.step };
      return {
        ...folded,
        state: { ...state, status: 'parked', parked: { from, ...step, code: event.code, message: event.message, at } },
      };
    }
    case 'sagaUnparked': {
      const { parked, ...rest } = state;
      return { ...folded, state: { ...rest, status: parked?.from ?? 'running' } };
    }
    case 'evidenceKept':
      return { ...folded, state: { ...state, evidence: (state.evidence ?? 0) + 1 } };
    case 'sagaPaused':
      return { ...folded, state: { ...state, pausedAt: at } };
    case 'sagaResumed': {
      const { pausedAt: _, ...rest } = state;
      return { ...folded, state: rest };
    }
    case 'sagaMigrated':
      return carryOver(folded, event);
    default:
      return event satisfies never;
  }
}

function carryOver({ state, bodies, output, migrated }: Folded, event: SagaMigrated): Folded {
  const { renamed, dropped, outputs } = event;
  const nameOf = (key: string): string => {
    const { step, item } = splitKey(key);
    return keyOf({ step: Object.hasOwn(renamed, step) ? (renamed[step] ?? step) : step, item });
  };
  const isDropped = (key: string): boolean => dropped.includes(splitKey(key).step);
  const carried = <T>(byStep: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(
      Object.entries(byStep)
        .filter(([step]) => !isDropped(step))
        .map(([step, value]) => [nameOf(step), value]),
    );
  const { failure, parked, sentAs: _sentAs, retired: _retired, ...rest } = state;
  const { step: parkedFor, ...parking } = parked ?? {};
  const isKept = parkedFor !== undefined && !isDropped(parkedFor);
  const after: Record<string, StepBodies> = carried(bodies);
  for (const { step, ...given } of outputs) {
    const { output: _, ...others } = after[step] ?? {};
    after[step] = { ...others, ...given };
  }
  const input =
    'input' in event
      ? { input: event.input }
      : migrated !== undefined && 'input' in migrated
        ? { input: migrated.input }
        : {};
  return {
    state: {
      ...rest,
      steps: carried(state.steps),
      ...(failure === undefined ? {} : { failure: { ...failure, step: nameOf(failure.step) } }),
      ...(parked === undefined
        ? {}
        : { parked: { ...(parking as Parking), ...(isKept ? { step: nameOf(parkedFor) } : {}) } }),
      ...(Object.keys(event.sentAs).length === 0 ? {} : { sentAs: event.sentAs }),
      ...(event.retired.length === 0 ? {} : { retired: event.retired }),
    },
    bodies: after,
    ...(output === undefined ? {} : { output }),
    migrated: { ...event.to, ...input },
  };
}

type StepEvent = Extract<
  JournalEvent,
  {
    readonly kind:
      | 'stepDispatched'
      | 'signalKept'
      | 'stepSucceeded'
      | 'stepDeclined'
      | 'stepUnknown'
      | 'stepSkipped'
      | 'itemsPlanned'
      | 'undoDispatched'
      | 'stepCompensated'
      | 'compensationGivenUp'
      | 'payloadCorrected'
      | 'roundOpened';
  }
>;

function evolveStep(put: Put, folded: Folded, event: StepEvent): Folded {
  const move = (status: StepStatus, round?: number): Folded => moved(put, folded, { step: event.step, status, round });
  const withBodies = (on: Folded, bodies: StepBodies): Folded => ({
    ...on,
    bodies: put(on.bodies, event.step, bodies),
  });
  const addBodies = (on: Folded, bodies: StepBodies): Folded => withBodies(on, { ...on.bodies[event.step], ...bodies });
  switch (event.kind) {
    case 'stepDispatched': {
      const dispatched = move('dispatched', event.round);
      const signal = folded.bodies[event.step]?.signal;
      const kept = signal === undefined ? {} : { signal };
      return withBodies(dispatched, 'sent' in event ? { ...kept, sent: event.sent } : kept);
    }
    case 'signalKept': {
      const signal = 'body' in event ? { id: event.id, body: event.body } : { id: event.id };
      return addBodies(folded, { signal });
    }
    case 'stepSucceeded':
      return addBodies(move('succeeded'), 'output' in event ? { output: event.output } : {});
    case 'stepDeclined':
      return fail(move('declined'), event.failure);
    case 'stepUnknown':
      return fail(move('unknown'), event.failure);
    case 'stepSkipped': {
      const skipped = fail(move('skipped'), event.failure);
      return 'output' in event ? addBodies(skipped, { output: event.output }) : skipped;
    }
    case 'itemsPlanned':
      return addBodies(folded, { items: event.items });
    case 'payloadCorrected':
      return addBodies(folded, { corrected: 'data' in event ? { data: event.data } : {} });
    case 'undoDispatched': {
      const { corrected: _, ...bodies } = folded.bodies[event.step] ?? {};
      const undo = 'sent' in event ? { undo: event.sent } : {};
      return withBodies(move('compensating'), { ...bodies, ...undo });
    }
    case 'compensationGivenUp':
      return move('notCompensated');
    case 'stepCompensated':
      return move('compensated');
    case 'roundOpened':
      return withBodies(move('pending', event.round), {});
    default:
      return event satisfies never;
  }
}

/** The instance that a journal tells, without pace: attempts and times of what is under way are not journalled. */
export function fold(initial: InstanceState, entries: readonly JournalEntry[]): Folded {
  let folded: Folded = { state: { ...initial, steps: { ...initial.steps } }, bodies: {} };
  for (const { events, at } of entries) {
    for (const event of events) folded = evolveBy(written, folded, { event, at });
  }
  return folded;
}

interface Move {
  readonly step: string;
  readonly status: StepStatus;
  readonly round: number | undefined;
}

function moved(put: Put, folded: Folded, { step, status, round }: Move): Folded {
  const before = stepStateOf(folded.state, step);
  const wasDone = before.status === 'succeeded' || before.isDone === true;
  const isDone = status === 'compensating' && wasDone ? ({ isDone: true } as const) : {};
  const after: StepState = { status, round: round ?? before.round, ...isDone };
  return { ...folded, state: { ...folded.state, steps: put(folded.state.steps, step, after) } };
}

/** The first failure is the reason; later ones only tell of siblings. */
function fail(folded: Folded, failure: Failure | undefined): Folded {
  if (failure === undefined || folded.state.failure !== undefined) return folded;
  return { ...folded, state: { ...folded.state, failure } };
}

/** What two ways of arriving at a state must agree on: everything but attempts and times. */
export function withoutPace(state: InstanceState): InstanceState {
  const { deadlineAt: _deadline, goesOnAt: _goesOn, locks, ...rest } = state;
  const steps = Object.fromEntries(
    Object.entries(state.steps).map(([name, { status, round }]) => [name, { status, round }]),
  );
  return { ...rest, steps, ...(locks === undefined ? {} : { locks: untimed(locks, locks.status) }) };
}

function startOf({
  parent,
  locks,
}: JournalEvent & { readonly kind: 'sagaStarted' }): Pick<InstanceState, 'parent' | 'locks'> {
  return { ...(parent === undefined ? {} : { parent }), ...(locks === undefined ? {} : { locks }) };
}

function settle(state: InstanceState, status: 'completed' | 'compensated'): InstanceState {
  const { cancel: _cancel, deadlineAt: _deadline, locks, ...rest } = state;
  return { ...rest, status, ...(locks === undefined ? {} : { locks: untimed(locks, 'released') }) };
}

function untimed(
  { lookAt: _lookAt, deadlineAt: _deadlineAt, isOutside: _isOutside, ...locks }: InstanceLocks,
  status: InstanceLocks['status'],
): InstanceLocks {
  return { ...locks, status };
}
