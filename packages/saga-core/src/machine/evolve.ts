import type { Failure } from '../definition/step-context.js';
import type { InstanceState, Parking, StepBodies, StepState, StepStatus } from './instance.js';
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

/** One event's change. Pure, total, and free of decisions: whoever recorded the event decided. */
export function evolve(folded: Folded, event: JournalEvent, at: number): Folded {
  const { state } = folded;
  switch (event.kind) {
    case 'sagaStarted':
      return event.parent === undefined ? folded : { ...folded, state: { ...state, parent: event.parent } };
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
      return evolveStep(folded, event);
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

function evolveStep(folded: Folded, event: StepEvent): Folded {
  switch (event.kind) {
    case 'stepDispatched': {
      const moved = move(folded, event.step, 'dispatched', event.round);
      const signal = folded.bodies[event.step]?.signal;
      const kept = signal === undefined ? {} : { signal };
      return withBodies(moved, event.step, 'sent' in event ? { ...kept, sent: event.sent } : kept);
    }
    case 'signalKept': {
      const signal = 'body' in event ? { id: event.id, body: event.body } : { id: event.id };
      return addBodies(folded, event.step, { signal });
    }
    case 'stepSucceeded':
      return addBodies(
        move(folded, event.step, 'succeeded'),
        event.step,
        'output' in event ? { output: event.output } : {},
      );
    case 'stepDeclined':
      return fail(move(folded, event.step, 'declined'), event.failure);
    case 'stepUnknown':
      return fail(move(folded, event.step, 'unknown'), event.failure);
    case 'stepSkipped': {
      const skipped = fail(move(folded, event.step, 'skipped'), event.failure);
      return 'output' in event ? addBodies(skipped, event.step, { output: event.output }) : skipped;
    }
    case 'itemsPlanned':
      return addBodies(folded, event.step, { items: event.items });
    case 'payloadCorrected':
      return addBodies(folded, event.step, { corrected: 'data' in event ? { data: event.data } : {} });
    case 'undoDispatched': {
      const { corrected: _, ...bodies } = folded.bodies[event.step] ?? {};
      const undo = 'sent' in event ? { undo: event.sent } : {};
      return withBodies(move(folded, event.step, 'compensating'), event.step, { ...bodies, ...undo });
    }
    case 'compensationGivenUp':
      return move(folded, event.step, 'notCompensated');
    case 'stepCompensated':
      return move(folded, event.step, 'compensated');
    case 'roundOpened':
      return withBodies(move(folded, event.step, 'pending', event.round), event.step, {});
    default:
      return event satisfies never;
  }
}

/** The instance that a journal tells, without pace: attempts and times of what is under way are not journalled. */
export function fold(initial: InstanceState, entries: readonly JournalEntry[]): Folded {
  let folded: Folded = { state: initial, bodies: {} };
  for (const entry of entries) {
    for (const event of entry.events) folded = evolve(folded, event, entry.at);
  }
  return folded;
}

function move(folded: Folded, step: string, status: StepStatus, round?: number): Folded {
  const before = stepStateOf(folded.state, step);
  const after: StepState = { status, round: round ?? before.round };
  return { ...folded, state: { ...folded.state, steps: { ...folded.state.steps, [step]: after } } };
}

/** The first failure is the reason; later ones only tell of siblings. */
function fail(folded: Folded, failure: Failure | undefined): Folded {
  if (failure === undefined || folded.state.failure !== undefined) return folded;
  return { ...folded, state: { ...folded.state, failure } };
}

function withBodies(folded: Folded, step: string, bodies: StepBodies): Folded {
  return { ...folded, bodies: { ...folded.bodies, [step]: bodies } };
}
function addBodies(folded: Folded, step: string, bodies: StepBodies): Folded {
  return withBodies(folded, step, { ...folded.bodies[step], ...bodies });
}

/** What two ways of arriving at a state must agree on: everything but attempts and times. */
export function withoutPace(state: InstanceState): InstanceState {
  const { deadlineAt: _deadline, goesOnAt: _goesOn, ...rest } = state;
  const steps = Object.fromEntries(
    Object.entries(state.steps).map(([name, { status, round }]) => [name, { status, round }]),
  );
  return { ...rest, steps };
}

function settle(state: InstanceState, status: 'completed' | 'compensated'): InstanceState {
  const { cancel: _cancel, deadlineAt: _deadline, ...rest } = state;
  return { ...rest, status };
}
