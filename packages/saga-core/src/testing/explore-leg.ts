import type { LocalStepDefinition } from '../definition/step-definition.js';
import type { Effect, SendCommand } from '../machine/effect.js';
import { stepStateOf } from '../machine/instance.js';
import type { LocalOutcome, SagaInput } from '../machine/saga-input.js';
import type { Applied, Line } from './explore-move.js';
import { note } from './explore-move.js';
import { declineOf, type ExplorePlan } from './explore-plan.js';
import { effectKey, type World } from './explore-world.js';
import { traceLine } from './test-saga-trace.js';

/** An input and all that follows from it in one transaction, before its messages leave. */
export interface Leg {
  readonly world: World;
  readonly sends: readonly SendCommand[];
  readonly applied: readonly Applied[];
}

interface OpenLeg extends Leg {
  readonly questions: readonly Question[];
  /** A start whose local step throws is rolled back as a whole: there is no instance then. */
  readonly isStart: boolean;
}
type Question = Extract<Effect, { readonly kind: 'runLocal' | 'withdrawCommands' }>;

/** Every way in which a leg may go: it branches where it runs a local function of the author's. */
export function runLeg(plan: ExplorePlan, world: World, input: SagaInput): readonly Leg[] {
  const open = { world, sends: [], applied: [], questions: [], isStart: input.kind === 'started' };
  return settle(plan, give(plan, open, input));
}

function give({ definition, parts }: ExplorePlan, leg: OpenLeg, input: SagaInput): OpenLeg {
  const { instance, nowMs } = leg.world;
  const moved = parts.transition(definition, instance, input, nowMs);
  const applied = [...leg.applied, { before: instance, input, nowMs, moved }];
  if (moved.kind === 'discarded' || moved.kind === 'refused') return { ...leg, applied };
  const sends = [...leg.sends];
  const questions = [...leg.questions];
  const calls = [...leg.world.calls];
  let { children } = leg.world;
  for (const effect of moved.effects) {
    if (effect.kind === 'sendCommand') sends.push(effect);
    else if (effect.kind === 'runLocal' || effect.kind === 'withdrawCommands') questions.push(effect);
    else if (effect.kind === 'startCall') calls.push(effect);
    else if (effect.kind === 'startChild')
      children = [...children, { step: effect.step, round: effect.round, state: 'running', isTold: false }];
    else if (effect.kind === 'undoChild')
      children = children.map((child) => (child.step === effect.step ? { ...child, isTold: true } : child));
  }
  return { ...leg, world: { ...leg.world, instance: moved.instance, calls, children }, sends, questions, applied };
}

function settle(plan: ExplorePlan, leg: OpenLeg): readonly Leg[] {
  const [question, ...questions] = leg.questions;
  if (question === undefined) return [leg];
  const rest = { ...leg, questions };
  switch (question.kind) {
    case 'withdrawCommands':
      return settle(plan, withdraw(plan, rest, question.commandIds));
    case 'runLocal': {
      if (!isWanted(leg.world, question)) return settle(plan, rest);
      return localOutcomes(plan, rest, question).flatMap((outcome) =>
        settle(plan, ran(plan, rest, { question, outcome })),
      );
    }
    default:
      return question satisfies never;
  }
}

function withdraw(plan: ExplorePlan, leg: OpenLeg, asked: readonly string[]): OpenLeg {
  const { rows } = leg.world;
  const isTaken = (id: string): boolean =>
    leg.sends.some((send) => send.commandId === id) ||
    rows.some((row) => row.command.commandId === id && row.state !== 'inDoubt');
  const commandIds = asked.filter(isTaken);
  const isLeft = (id: string): boolean => !commandIds.includes(id);
  const sends = leg.sends.filter(({ commandId }) => isLeft(commandId));
  const world = { ...leg.world, rows: rows.filter(({ command }) => isLeft(command.commandId)) };
  return give(plan, { ...leg, sends, world }, { kind: 'withdrawn', commandIds });
}

type RunLocal = Extract<Question, { readonly kind: 'runLocal' }>;

/** As in the engine: a sibling's failure may have ended what was asked a moment ago. */
function isWanted({ instance: { state } }: World, { step, direction }: RunLocal): boolean {
  if (state.parked !== undefined) return false;
  return stepStateOf(state, step).status === (direction === 'do' ? 'dispatched' : 'compensating');
}

function localOutcomes(plan: ExplorePlan, leg: OpenLeg, { step: name, direction }: RunLocal): readonly LocalOutcome[] {
  const output = direction === 'do' ? plan.outputs[name] : undefined;
  const succeeded: LocalOutcome = output === undefined ? { kind: 'succeeded' } : { kind: 'succeeded', output };
  if (leg.isStart || leg.world.faults >= plan.maxFaults) return [succeeded];
  const failed: LocalOutcome = { kind: 'failed', code: 'AUTHOR_CODE_FAILED', message: 'thrown' };
  if (direction === 'undo') return [succeeded, failed];
  const step = plan.definition.steps.get(name) as LocalStepDefinition;
  const { code, detail } = declineOf(plan, step) ?? { code: 'DECLINED' };
  return [succeeded, { kind: 'declined', code, message: code, detail }, failed];
}

function ran(
  plan: ExplorePlan,
  leg: OpenLeg,
  { question: { step, direction }, outcome }: { readonly question: RunLocal; readonly outcome: LocalOutcome },
): OpenLeg {
  const { world } = leg;
  const key = effectKey(step, stepStateOf(world.instance.state, step).round, direction);
  const after: World =
    outcome.kind === 'succeeded'
      ? { ...world, effects: { ...world.effects, [key]: (world.effects[key] ?? 0) + 1 } }
      : { ...world, faults: world.faults + 1 };
  return give(plan, { ...leg, world: after }, { kind: 'localFinished', step, direction, outcome });
}

/** What the machine decided in a leg, in the words of a test's trace. */
export function tellLeg(plan: ExplorePlan, { applied, world }: Leg): readonly Line[] {
  return applied
    .flatMap(({ input, moved }) => {
      const said = input.kind === 'localFinished' ? [localLine(input)] : [];
      switch (moved.kind) {
        case 'discarded':
          return [...said, `nothing changes: ${moved.reason}`];
        case 'refused':
          return [...said, `refused: ${moved.reason}`];
        case 'paced':
          return said;
        case 'moved':
          return [...said, ...moved.entry.events.flatMap((event) => eventLine(event, world))];
        default:
          return moved satisfies never;
      }
    })
    .map((text) => note(plan.definition.name, text));
}

function localLine({ step, direction, outcome }: Extract<SagaInput, { readonly kind: 'localFinished' }>): string {
  return `local ${step} ${direction} ${outcome.kind}`;
}

function eventLine(event: Parameters<typeof traceLine>[0], world: World): readonly string[] {
  switch (event.kind) {
    case 'sagaStarted':
      return ['started'];
    case 'compensationStarted':
      return [`turns back: ${event.failure.code}`];
    case 'sagaCompleted':
      return ['completed'];
    case 'sagaCompensated':
      return ['compensated'];
    default: {
      const line = traceLine(event, (step) => stepStateOf(world.instance.state, step).status === 'compensated');
      return line === undefined ? [] : [line];
    }
  }
}
