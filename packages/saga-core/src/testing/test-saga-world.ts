import type { Failure } from '../definition/step-context.js';
import { SagaError } from '../errors.js';
import { outputOf } from '../machine/author.js';
import type { Effect, SendCommand, StartCall } from '../machine/effect.js';
import { newInstance, type Parking, type SagaInstance } from '../machine/instance.js';
import type { JournalEntry, JournalEvent } from '../machine/journal-event.js';
import type { Direction, SagaInput } from '../machine/saga-input.js';
import { transition } from '../machine/transition.js';
import type { FenceStatus } from '../participant/fence-store.js';
import type { Answered } from './test-saga-answer.js';
import { createTestFences, type TestAnswer, type TestFences } from './test-saga-fence.js';
import type { Script } from './test-saga-script.js';
import { traceLine } from './test-saga-trace.js';

export interface SentCommand {
  readonly step: string;
  /** `inventory.reserve`, or `backstitch.tombstone` for an undo that only fences. */
  readonly command: string;
  readonly direction: Direction;
  /** From 1. */
  readonly attempt: number;
  readonly payload: unknown;
  /** Milliseconds since the start. */
  readonly at: number;
}

export interface BegunChild {
  readonly step: string;
  readonly saga: string;
  readonly input: unknown;
  /** Milliseconds since the start. */
  readonly at: number;
}

/** How a run ended. Times are milliseconds since the start. */
export interface TestRun<Steps, Output> {
  /** `paused` where an operator's pause was never taken back. */
  readonly status: 'completed' | 'compensated' | 'parked' | 'paused';
  readonly output: Output | undefined;
  /** Outputs of the steps that took effect, undone ones too. */
  readonly steps: Partial<Steps>;
  readonly failure: Failure | undefined;
  readonly parked: Parking | undefined;
  readonly sent: readonly SentCommand[];
  /** Children that were begun. */
  readonly children: readonly BegunChild[];
  /** Steps in the order in which they were undone; those with nothing to undo are left out. */
  readonly undone: readonly string[];
  /** `+createOrder`, `!authorizePayment:DECLINED`, `-reserveStock`: see `traceLine`. */
  readonly trace: readonly string[];
  readonly journal: readonly JournalEntry[];
  /** What changed nothing: a second reply, one that came too late. */
  readonly discarded: readonly { readonly step: string; readonly reason: string }[];
  /** Verbs that the state did not allow, with the reason. */
  readonly refused: readonly { readonly verb: string; readonly reason: string }[];
  /** What the participants' fences remember, by step. */
  readonly fences: Readonly<Record<string, FenceStatus>>;
  /** The lock keys that it took. In a test nobody else holds them. */
  readonly locks: readonly string[];
  /** When the last thing was decided. */
  readonly clockMs: number;
}

/** Something that comes later, in the test's own time. */
export type Coming = { readonly at: number } & (
  | { readonly kind: 'input'; readonly input: SagaInput }
  | { readonly kind: 'delivery'; readonly command: SendCommand; readonly answered: Answered }
  /** Of a command that was accepted. */
  | { readonly kind: 'later'; readonly command: SendCommand; readonly said: TestAnswer }
);

export type Engaged = Extract<Effect, { readonly kind: 'startChild' | 'undoChild' }>;

/** A run under way: an instance, its network, and what has been seen of it. */
export interface World {
  readonly script: Script;
  readonly fences: TestFences;
  instance: SagaInstance;
  nowMs: number;
  inputs: number;
  /** In the order in which it was scheduled. */
  coming: Coming[];
  /** Sent in this leg: like rows of an outbox before the commit they can still be taken back. */
  outbox: SendCommand[];
  /** Calls of this leg: made once it is over. */
  calls: StartCall[];
  /** Children of this leg: begun, or told to turn back, once it is over. */
  engaged: Engaged[];
  readonly children: BegunChild[];
  readonly questions: Extract<Effect, { readonly kind: 'runLocal' | 'withdrawCommands' }>[];
  readonly sent: SentCommand[];
  readonly undoing: Set<string>;
  readonly undone: string[];
  readonly trace: string[];
  readonly journal: JournalEntry[];
  readonly discarded: { readonly step: string; readonly reason: string }[];
  readonly refused: { readonly verb: string; readonly reason: string }[];
}

export function openWorld(script: Script, input: unknown): World {
  return {
    script,
    fences: createTestFences(),
    instance: newInstance(script.definition, { id: script.options.sagaId ?? 'saga-1', input, now: 0 }),
    nowMs: 0,
    inputs: 0,
    coming: [],
    outbox: [],
    calls: [],
    engaged: [],
    children: [],
    questions: [],
    sent: [],
    undoing: new Set(),
    undone: [],
    trace: [],
    journal: [],
    discarded: [],
    refused: [],
  };
}

/** One input through the real machine. */
export function apply(world: World, input: SagaInput): void {
  countInput(world);
  const moved = transition(world.script.definition, world.instance, input, world.nowMs);
  switch (moved.kind) {
    case 'refused':
      world.refused.push({ verb: input.kind, reason: moved.reason });
      return;
    case 'discarded':
      world.discarded.push({ step: 'step' in input ? input.step : '', reason: moved.reason });
      return;
    case 'moved':
      world.journal.push(moved.entry);
      for (const event of moved.entry.events) see(world, event);
      break;
    case 'paced':
      break;
    default:
      moved satisfies never;
      return;
  }
  world.instance = moved.instance;
  for (const effect of moved.effects) {
    if (effect.kind === 'sendCommand') world.outbox.push(effect);
    else if (effect.kind === 'startCall') world.calls.push(effect);
    else if (effect.kind === 'startChild' || effect.kind === 'undoChild') world.engaged.push(effect);
    else if (effect.kind === 'runLocal' || effect.kind === 'withdrawCommands') world.questions.push(effect);
  }
}

function see(world: World, event: JournalEvent): void {
  if (event.kind === 'undoDispatched') world.undoing.add(event.step);
  if (event.kind === 'stepCompensated' && world.undoing.has(event.step)) world.undone.push(event.step);
  const line = traceLine(event, (step) => world.undoing.has(step));
  if (line !== undefined) world.trace.push(line);
}

function countInput(world: World): void {
  const { definition, options } = world.script;
  const { maxInputs = 5_000 } = options;
  world.inputs += 1;
  if (world.inputs <= maxInputs) return;
  const waiting = Object.entries(world.instance.state.steps).filter(
    ([, { status }]) => status === 'dispatched' || status === 'compensating',
  );
  const steps = waiting.map(([name]) => name);
  throw new SagaError(
    'RESULT_TIMEOUT',
    `saga '${definition.name}' is not at rest after ${maxInputs} inputs, waiting for ${steps.join(', ')}`,
    {
      fields: { saga: definition.name, steps, clockMs: world.nowMs },
      hint: 'a step that is retried for ever never got an answer: let a later attempt reply, or end it by a verb: .at(…)',
    },
  );
}

export function resultOf(world: World): TestRun<Record<string, unknown>, unknown> {
  const { instance, trace, sent, undone, journal, discarded, refused, children, script } = world;
  const { status, failure, parked } = instance.state;
  const outputs = [...script.definition.steps.values()].map((step) => [step.name, outputOf(step, instance.bodies)]);
  return {
    status: status === 'running' || status === 'compensating' ? 'paused' : status,
    output: instance.output,
    steps: Object.fromEntries(outputs.filter(([, output]) => output !== undefined)) as Record<string, unknown>,
    failure,
    parked,
    sent,
    children,
    undone,
    trace,
    journal,
    discarded,
    refused,
    fences: world.fences.statuses(),
    locks: instance.state.locks?.keys ?? [],
    clockMs: journal.at(-1)?.at ?? 0,
  };
}
