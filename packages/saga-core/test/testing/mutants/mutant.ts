import type { SagaDefinition, StepDefinition } from '../../../src/definition/step-definition.js';
import { evolve, type Folded } from '../../../src/machine/evolve.js';
import type { SagaInstance, StepState, StepStatus } from '../../../src/machine/instance.js';
import { stepStateOf } from '../../../src/machine/instance.js';
import type { JournalEvent } from '../../../src/machine/journal-event.js';
import { type Transition, transition } from '../../../src/machine/transition.js';
import type { ExploredParts } from '../../../src/testing/explore-plan.js';

/** A part of Backstitch with one fault in it, and the invariant that must notice. */
export interface Mutant {
  readonly fault: string;
  readonly parts: Partial<ExploredParts>;
  readonly killedBy: string;
  /** How many states were seen when it did. */
  readonly withinStates: number;
  /** Default 2. */
  readonly maxAttempts?: number;
}

export type Machine = ExploredParts['transition'];
export type Input = Parameters<Machine>[2];
export type Moved = Extract<Transition, { readonly kind: 'moved' }>;

/** The real machine told something else than what is. */
export function misled(
  mislead: (told: { definition: SagaDefinition; instance: SagaInstance; input: Input; now: number }) => Partial<{
    definition: SagaDefinition;
    instance: SagaInstance;
    input: Input;
    now: number;
  }>,
): Machine {
  return (definition, instance, input, now) => {
    const told = { definition, instance, input, now };
    const heard = { ...told, ...mislead(told) };
    return transition(heard.definition, heard.instance, heard.input, heard.now);
  };
}

/** The real machine, and then other events are made of those that it decided; the instance follows them. */
export function retold(retell: (event: JournalEvent, moved: Moved) => readonly JournalEvent[]): Machine {
  return (definition, instance, input, now) => {
    const moved = transition(definition, instance, input, now);
    if (moved.kind !== 'moved') return moved;
    const events = moved.entry.events.flatMap((event) => retell(event, moved));
    return { ...moved, instance: following(instance, moved, events), entry: { ...moved.entry, events } };
  };
}

/** The instance that the events tell. A step that stands where the real machine has it keeps its pace. */
function following(before: SagaInstance, moved: Moved, events: readonly JournalEvent[]): SagaInstance {
  let folded: Folded = { state: before.state, bodies: before.bodies };
  for (const event of events) folded = evolve(folded, event, moved.entry.at);
  const real = moved.instance.state.steps;
  const told = withStates({ ...moved.instance, ...folded }, (step, name) =>
    real[name]?.status === step.status ? real[name] : step,
  );
  return { ...told, output: moved.instance.output };
}

/** The real machine, which first forgets the dispatched steps that `forget` names, and journals that they never ran. */
export function forgetful(forget: (input: Input, step: string) => boolean): Machine {
  return (definition, instance, input, now) => {
    const lost = Object.keys(instance.state.steps).filter(
      (name) => statusOf(instance, name) === 'dispatched' && forget(input, name),
    );
    const told = withStates(instance, (step, name) =>
      lost.includes(name) ? { status: 'skipped', round: step.round } : step,
    );
    const moved = transition(definition, told, input, now);
    if (moved.kind !== 'moved') return moved;
    const skipped = lost.map((step) => ({ kind: 'stepSkipped', step, why: 'notRun' }) as const);
    return { ...moved, entry: { ...moved.entry, events: [...skipped, ...moved.entry.events] } };
  };
}

/** The same definition with other steps, for the machine's eyes only. Stages are left as they are. */
export function withSteps(
  definition: SagaDefinition,
  change: (step: StepDefinition) => StepDefinition,
): SagaDefinition {
  return { ...definition, steps: new Map([...definition.steps].map(([name, step]) => [name, change(step)])) };
}

/** The instance with some of its steps changed. */
export function withStates(instance: SagaInstance, change: (step: StepState, name: string) => StepState): SagaInstance {
  const steps = Object.fromEntries(
    Object.entries(instance.state.steps).map(([name, step]) => [name, change(step, name)]),
  );
  return { ...instance, state: { ...instance.state, steps } };
}

export function statusOf(instance: SagaInstance, step: string): StepStatus {
  return stepStateOf(instance.state, step).status;
}
