import type { StepDefinition } from '../definition/step-definition.js';
import { SagaError } from '../errors.js';
import type { Effect, SendCommand, StartCall } from '../machine/effect.js';
import { type InstanceState, isTerminal, newInstance, stepStateOf } from '../machine/instance.js';
import type { Direction, SagaInput } from '../machine/saga-input.js';
import { transition } from '../machine/transition.js';
import { splitKey, unitOf, unitsOf } from '../machine/unit.js';
import { wakeAt } from '../machine/wake-at.js';
import type { Course, CourseAction, EndlessWait } from './course.js';
import { type RehearsalAnswer, type RehearsalQuestion, rehearsalAnswer, rehearsalSignal } from './rehearsal-answer.js';

interface Rehearsal extends RehearsalQuestion {
  instance: ReturnType<typeof newInstance>;
  nowMs: number;
  coming: { readonly at: number; readonly input: SagaInput }[];
  /** Of this leg: like rows of an outbox before the commit they can still be taken back. */
  outbox: SendCommand[];
  calls: StartCall[];
  children: Engaged[];
  readonly questions: Question[];
  readonly signalled: Set<string>;
  readonly actions: Map<string, CourseAction>;
  readonly endless: Map<string, EndlessWait>;
  /** Of these no attempt will ever succeed. */
  readonly hopeless: Set<string>;
  readonly undoing: Set<string>;
  readonly undone: string[];
}
type Engaged = Extract<Effect, { readonly kind: 'startChild' | 'undoChild' }>;
type Question =
  | { readonly kind: 'runLocal'; readonly step: string; readonly direction: Direction }
  | { readonly kind: 'withdrawCommands'; readonly commandIds: readonly string[] };

/** More is a policy that tries for ever with hardly a backoff: nobody would read that explanation. */
const maxInputs = 100_000;
/** More without time passing is one that has none. */
const maxInputsAtOnce = 1_000;

/** Plays a scenario through the real machine, in time that jumps. The definition must need no data: see `standInFor`. */
export function rehearse(question: RehearsalQuestion): Course {
  const rehearsal: Rehearsal = {
    ...question,
    instance: newInstance(question.definition, { id: 'rehearsal', input: null, now: 0 }),
    nowMs: 0,
    coming: [{ at: 0, input: { kind: 'started' } }],
    outbox: [],
    calls: [],
    children: [],
    questions: [],
    signalled: new Set(),
    actions: new Map(),
    endless: new Map(),
    hopeless: new Set(),
    undoing: new Set(),
    undone: [],
  };
  let inputs = 0;
  let atOnce = 0;
  for (let next = takeNext(rehearsal); next !== undefined; next = takeNext(rehearsal)) {
    inputs += 1;
    atOnce = next.at > rehearsal.nowMs ? 0 : atOnce + 1;
    if (inputs > maxInputs || atOnce > maxInputsAtOnce) throw circling(rehearsal, inputs);
    rehearsal.nowMs = Math.max(rehearsal.nowMs, next.at);
    playLeg(rehearsal, next.input);
    if (isOver(rehearsal)) break;
  }
  return courseOf(rehearsal);
}

/** A message comes before a deadline of the same moment. */
function takeNext(rehearsal: Rehearsal): Rehearsal['coming'][number] | undefined {
  const { coming, instance, nowMs } = rehearsal;
  const first = coming.reduce<(typeof coming)[number] | undefined>(
    (best, each) => (best === undefined || each.at < best.at ? each : best),
    undefined,
  );
  const wake = instance.seq === 0 ? null : wakeAt(instance.state, nowMs);
  if (wake !== null && (first === undefined || wake < first.at))
    return { at: wake, input: { kind: 'deadlineReached', unsent: [] } };
  rehearsal.coming = coming.filter((each) => each !== first);
  return first;
}

function playLeg(rehearsal: Rehearsal, input: SagaInput): void {
  apply(rehearsal, input);
  for (let asked = rehearsal.questions.shift(); asked !== undefined; asked = rehearsal.questions.shift())
    reply(rehearsal, asked);
  for (const command of rehearsal.outbox.splice(0)) begin(rehearsal, command, command.command);
  for (const call of rehearsal.calls.splice(0)) begin(rehearsal, call, 'call');
  for (const child of rehearsal.children.splice(0)) engage(rehearsal, child);
  for (const step of rehearsal.definition.steps.values()) {
    if (step.kind === 'wait' && stepStateOf(rehearsal.instance.state, step.name).status === 'dispatched')
      signal(rehearsal, step);
  }
}

function apply(rehearsal: Rehearsal, input: SagaInput): void {
  const moved = transition(rehearsal.definition, rehearsal.instance, input, rehearsal.nowMs);
  if (moved.kind === 'discarded' || moved.kind === 'refused') return;
  rehearsal.instance = moved.instance;
  for (const event of moved.kind === 'moved' ? moved.entry.events : []) {
    if (event.kind === 'undoDispatched') rehearsal.undoing.add(event.step);
    // A list is undone when its items are.
    if (event.kind === 'stepCompensated' && rehearsal.undoing.has(event.step) && splitKey(event.step).item === null)
      rehearsal.undone.push(event.step);
  }
  for (const effect of moved.effects) {
    if (effect.kind === 'sendCommand') rehearsal.outbox.push(effect);
    else if (effect.kind === 'startCall') rehearsal.calls.push(effect);
    else if (effect.kind === 'startChild' || effect.kind === 'undoChild') rehearsal.children.push(effect);
    else if (effect.kind === 'runLocal' || effect.kind === 'withdrawCommands') rehearsal.questions.push(effect);
  }
}

/** What is asked within a leg is answered within it. */
function reply(rehearsal: Rehearsal, asked: Question): void {
  if (asked.kind === 'withdrawCommands') {
    const taken = rehearsal.outbox.filter(({ commandId }) => asked.commandIds.includes(commandId));
    rehearsal.outbox = rehearsal.outbox.filter((command) => !taken.includes(command));
    apply(rehearsal, { kind: 'withdrawn', commandIds: taken.map(({ commandId }) => commandId) });
    return;
  }
  const { step, direction } = asked;
  const { status, pace } = stepStateOf(rehearsal.instance.state, step);
  // A sibling's failure may have ended what was asked a moment ago.
  if (status !== (direction === 'do' ? 'dispatched' : 'compensating')) return;
  const answer = answerOf(rehearsal, { step, direction, attempt: pace?.attempt ?? 1 }, 'local');
  // A function of the same transaction answers or throws: it has no way of staying silent.
  const outcome = answer.kind === 'silence' ? thrown : answer.outcome;
  apply(rehearsal, { kind: 'localFinished', step, direction, outcome });
}
const thrown = { kind: 'failed', code: 'REHEARSED', message: 'a technical error' } as const;

function begin(rehearsal: Rehearsal, effect: SendCommand | StartCall, what: string): void {
  const answer = answerOf(rehearsal, effect, what);
  if (answer.kind === 'silence') return;
  const { step, round, direction, attempt } = effect;
  const deadlineAt = stepStateOf(rehearsal.instance.state, step).pace?.deadlineAt ?? rehearsal.nowMs;
  const kind = effect.kind === 'sendCommand' ? 'replied' : 'callFinished';
  rehearsal.coming.push({
    at: answer.at === 'once' ? rehearsal.nowMs : deadlineAt,
    input: { kind, step, round, direction, attempt, outcome: answer.outcome },
  });
}

interface Attempt {
  readonly step: string;
  readonly direction: Direction;
  readonly attempt: number;
}

function answerOf(rehearsal: Rehearsal, about: Attempt, what: string): RehearsalAnswer {
  const { direction } = about;
  const { step } = splitKey(about.step);
  const key = `${direction} ${step}`;
  const before = rehearsal.actions.get(key) ?? { step, direction, what, attempts: 0, firstAtMs: rehearsal.nowMs };
  rehearsal.actions.set(key, { ...before, attempts: before.attempts + 1 });
  const answer = rehearsalAnswer(rehearsal, definedAs(rehearsal, about.step), about);
  if (answer.endless !== undefined) {
    rehearsal.endless.set(key, answer.endless);
    if (answer.kind === 'silence' || answer.outcome.kind === 'failed') rehearsal.hopeless.add(about.step);
  }
  return answer;
}

function signal(rehearsal: Rehearsal, step: StepDefinition & { readonly kind: 'wait' }): void {
  if (rehearsal.signalled.has(step.name)) return;
  rehearsal.signalled.add(step.name);
  const answer = rehearsalSignal(rehearsal, step);
  if (answer.kind === 'never') return;
  if (answer.endless !== undefined) rehearsal.endless.set(`do ${step.name}`, answer.endless);
  const deadlineAt = stepStateOf(rehearsal.instance.state, step.name).pace?.deadlineAt ?? rehearsal.nowMs;
  rehearsal.coming.push({
    at: answer.at === 'once' ? rehearsal.nowMs : deadlineAt,
    input: { kind: 'signalled', step: step.name, id: 'rehearsal', body: null },
  });
}

/** A child takes as long as it takes by itself. How long its undo takes depends on where it stands, and it is retried for ever. */
function engage(rehearsal: Rehearsal, effect: Engaged): void {
  const { step: name } = effect;
  const { pacing, early, instance, nowMs } = rehearsal;
  const step = definedAs(rehearsal, name);
  if (step.kind !== 'child') return;
  const direction = effect.kind === 'startChild' ? 'do' : 'undo';
  const mishap = direction === 'do' ? rehearsal.scenario.fail?.[name] : undefined;
  const key = `${direction} ${name}`;
  rehearsal.actions.set(key, { step: name, direction, what: `saga ${step.saga.name}`, attempts: 1, firstAtMs: nowMs });
  const course =
    direction === 'do' && !early.has(name)
      ? rehearse({ definition: step.saga, scenario: {}, pacing, early: new Set() })
      : undefined;
  const endless: EndlessWait | undefined =
    direction === 'do'
      ? course?.endless[0]
      : { step: name, direction, because: 'retried for ever', until: { kind: 'operator' } };
  if (endless !== undefined && pacing === 'latest') rehearsal.endless.set(key, { ...endless, step: name, direction });
  rehearsal.coming.push({
    at: nowMs + (course?.ms ?? 0),
    input: {
      kind: 'childFinished',
      step: name,
      round: stepStateOf(instance.state, name).round,
      outcome:
        direction === 'do' && mishap === undefined ? { kind: 'completed' } : { kind: 'compensated', failure: refused },
    },
  });
}
const refused = { step: '', code: 'STEP_DECLINED', message: 'a business refusal' } as const;

/** At an end, or where nothing moves any more but what is tried in vain. */
function isOver({ instance, hopeless, coming }: Rehearsal): boolean {
  const { status } = instance.state;
  if (isTerminal(status) || status === 'parked') return true;
  if (hopeless.size === 0) return false;
  const waiting = awaited(instance.state);
  const isVain = ([name, attempt]: readonly [string, number]): boolean => hopeless.has(name) && attempt > 1;
  return waiting.every(isVain) && coming.every(({ input }) => 'step' in input && hopeless.has(input.step ?? ''));
}

function awaited({ steps }: InstanceState): (readonly [name: string, attempt: number])[] {
  return Object.entries(steps).flatMap(([name, { status, pace }]) =>
    status === 'dispatched' || status === 'compensating' || status === 'unknown'
      ? [[name, pace?.attempt ?? 1] as const]
      : [],
  );
}

function courseOf({ definition, instance, nowMs, actions, endless, undone, undoing }: Rehearsal): Course {
  const { status, failure, parked } = instance.state;
  const kept = unitsOf(definition, instance.bodies).filter(
    ({ name, kind }) =>
      kind !== 'sleep' &&
      kind !== 'wait' &&
      stepStateOf(instance.state, name).status === 'compensated' &&
      !undoing.has(name),
  );
  return {
    end: status === 'running' || status === 'compensating' ? 'retried for ever' : status,
    ms: nowMs,
    endless: [...endless.values()],
    failure,
    parked,
    actions: [...actions.values()],
    undone,
    kept: kept.map(({ name }) => splitKey(name).step),
  };
}

function definedAs({ definition, instance }: Rehearsal, name: string): StepDefinition {
  const step = unitOf(definition, name, instance.bodies);
  if (step === undefined)
    throw new SagaError('DEFINITION_INVALID', `the machine began a step '${name}' that is not there`);
  return step;
}

function circling({ definition, instance }: Rehearsal, inputs: number): SagaError {
  const steps = awaited(instance.state).map(([name]) => name);
  return new SagaError(
    'RESULT_TIMEOUT',
    `saga '${definition.name}' does not come to an end in ${inputs} inputs, waiting for ${steps.join(', ')}`,
    { fields: { saga: definition.name, steps }, hint: 'give its retry policy a backoff, or an end' },
  );
}
