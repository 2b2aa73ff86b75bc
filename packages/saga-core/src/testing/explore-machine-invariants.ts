import type { StepDefinition } from '../definition/step-definition.js';
import { evolve, type Folded, withoutPace } from '../machine/evolve.js';
import { type InstanceState, isTerminal, type SagaInstance, stepStateOf } from '../machine/instance.js';
import type { JournalEvent } from '../machine/journal-event.js';
import { splitKey, unitOf, unitsOf } from '../machine/unit.js';
import { wakeAt } from '../machine/wake-at.js';
import type { Applied } from './explore-move.js';
import type { ExplorePlan } from './explore-plan.js';
import type { Invariant, Looked } from './explore-invariant.js';

/** What the machine decides, input by input. The numbers are those of the design's list of invariants. */
export const machineInvariants: readonly Invariant[] = [
  each('what is terminal is final', terminalIsFinal), // 8
  each('a stale answer changes nothing', staleChangesNothing), // 16
  each('no timer fires early', nothingEarly), // 19
  each('a wake finds something to do', wakeIsOfUse), // 18
  each('the instance is what its journal tells', journalTells), // 6
  each('a step is sent after its predecessors, and only forward', sendsInOrder), // 7, 9
  each('nothing is sent while it is held', nothingWhileHeld), // 7
  each('sends stay within the retry policy', withinPolicy), // 26
  each('what stands last is undone first', undoesInOrder), // 13
  each('nothing is undone past the pivot, or while it is open', undoesBeforePivot), // 14
  each('nothing is parked that no rule parks', parksByRule), // 30
];

type Check = (applied: Applied, plan: ExplorePlan) => string | undefined;
type Moved = Extract<Applied['moved'], { readonly kind: 'moved' | 'paced' }>;

function each(name: string, check: Check): Invariant {
  const first = ({ plan, move }: Looked): string | undefined => {
    for (const applied of move.applied) {
      const wrong = check(applied, plan);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
  return { name, check: first };
}

function changed({ moved }: Applied): Moved | undefined {
  return moved.kind === 'moved' || moved.kind === 'paced' ? moved : undefined;
}

function eventsOf({ moved }: Applied): readonly JournalEvent[] {
  return moved.kind === 'moved' ? moved.entry.events : [];
}

function stepsOf({ definition }: ExplorePlan): readonly StepDefinition[] {
  return [...definition.steps.values()];
}

const statusOf = (state: InstanceState, { name }: StepDefinition): string => stepStateOf(state, name).status;

function terminalIsFinal(applied: Applied): string | undefined {
  const { status } = applied.before.state;
  return isTerminal(status) && changed(applied) !== undefined
    ? `it was ${status}, and '${applied.input.kind}' changed it`
    : undefined;
}

/** An answer of another round, or the failure of an attempt that is not the one under way. */
function staleChangesNothing(applied: Applied): string | undefined {
  const { input, before } = applied;
  if (input.kind !== 'replied' || changed(applied) === undefined) return undefined;
  if (eventsOf(applied).some(({ kind }) => kind === 'evidenceKept')) return undefined;
  const { round, pace } = stepStateOf(before.state, input.step);
  if (input.round !== round) return `an answer of round ${input.round} changed '${input.step}' in round ${round}`;
  if (input.outcome.kind !== 'failed' || pace?.attempt === input.attempt) return undefined;
  return `the failure of attempt ${input.attempt} of '${input.step}' counted while attempt ${pace?.attempt ?? 0} is under way`;
}

function nothingEarly(applied: Applied): string | undefined {
  if (applied.input.kind !== 'deadlineReached' || changed(applied) === undefined) return undefined;
  const due = wakeAt(applied.before.state, applied.nowMs);
  return due === null || due > applied.nowMs
    ? `a timer fired, and the first one is due ${due === null ? 'never' : `${due - applied.nowMs} ms later`}`
    : undefined;
}

/** Were there nothing to do at its wake time, the poller would find the instance again and again. */
function wakeIsOfUse({ before, input, nowMs, moved }: Applied): string | undefined {
  if (input.kind === 'deadlineReached' && moved.kind === 'discarded') {
    const due = wakeAt(before.state, nowMs);
    if (due !== null && due <= nowMs) return `it asked to be woken, and then nothing was due: ${moved.reason}`;
  }
  if (moved.kind !== 'moved' && moved.kind !== 'paced') return undefined;
  const { status, pausedAt } = moved.instance.state;
  const isAlive = (status === 'running' || status === 'compensating') && pausedAt === undefined;
  return isAlive === (wakeAt(moved.instance.state, nowMs) !== null)
    ? undefined
    : `it is ${status} and asks to be woken at the wrong time`;
}

function journalTells({ before, moved, nowMs }: Applied): string | undefined {
  if (moved.kind !== 'moved') return undefined;
  let folded: Folded = { state: before.state, bodies: before.bodies };
  for (const event of moved.entry.events) folded = evolve(folded, event, nowMs);
  const { state, bodies } = moved.instance;
  const isTold = same(withoutPace(folded.state), withoutPace(state)) && same(folded.bodies, bodies);
  return isTold && moved.instance.seq === before.seq + 1 ? undefined : 'folding its journal gives another state';
}

/** Small values of JSON's kind. Transitions share what they do not change, so that most of it is the same object. */
function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every((key) =>
    same((one as Readonly<Record<string, unknown>>)[key], (other as Readonly<Record<string, unknown>>)[key]),
  );
}

function sendsInOrder(applied: Applied, plan: ExplorePlan): string | undefined {
  const after = changed(applied);
  if (after === undefined) return undefined;
  const { state } = after.instance;
  for (const effect of after.effects) {
    const isBegun = effect.kind === 'startChild' || ('direction' in effect && effect.direction === 'do');
    if (!isBegun) continue;
    if (state.status === 'compensating') return `'${effect.step}' is begun while the saga is undone`;
    const { stage = 0 } = plan.definition.steps.get(splitKey(effect.step).step) ?? {};
    const open = stepsOf(plan).find(
      (step) => step.stage < stage && !['succeeded', 'skipped'].includes(statusOf(state, step)),
    );
    if (open !== undefined) return `'${effect.step}' is begun while '${open.name}' is ${statusOf(state, open)}`;
  }
  return undefined;
}

function nothingWhileHeld(applied: Applied): string | undefined {
  const after = changed(applied);
  if (after === undefined || after.instance.state.pausedAt === undefined) return undefined;
  const begun = after.effects.find(({ kind }) => kind === 'sendCommand' || kind === 'runLocal' || kind === 'startCall');
  return begun === undefined ? undefined : `it is paused, and the machine asks for '${begun.kind}'`;
}

function withinPolicy(applied: Applied, plan: ExplorePlan): string | undefined {
  for (const effect of changed(applied)?.effects ?? []) {
    if (effect.kind !== 'sendCommand' && effect.kind !== 'startCall') continue;
    const step = plan.definition.steps.get(splitKey(effect.step).step);
    const { attempts = null } = (effect.direction === 'do' ? step?.retry : step?.undoRetry) ?? {};
    const { countedFrom = 0 } = stepStateOf(applied.before.state, effect.step).pace ?? {};
    const counted = applied.input.kind === 'retry' ? 1 : effect.attempt - countedFrom;
    if (attempts !== null && counted > attempts)
      return `'${effect.step}' ${effect.direction} is attempted ${counted} times, ${attempts} are allowed`;
  }
  return undefined;
}

function undoesInOrder(applied: Applied, plan: ExplorePlan): string | undefined {
  const after = changed(applied);
  if (after === undefined) return undefined;
  for (const event of eventsOf(applied)) {
    const step =
      event.kind === 'undoDispatched' ? unitOf(plan.definition, event.step, after.instance.bodies) : undefined;
    if (step === undefined || statusOf(applied.before.state, step) !== 'succeeded') continue;
    const others = [...stepsOf(plan), ...unitsOf(plan.definition, after.instance.bodies)];
    const standing = others.find((other) => isStandingBehind(after.instance, step, other));
    if (standing !== undefined)
      return `'${step.name}' is undone while '${standing.name}' is ${statusOf(after.instance.state, standing)}`;
  }
  return undefined;
}

function isStandingBehind({ state }: SagaInstance, step: StepDefinition, other: StepDefinition): boolean {
  const status = statusOf(state, other);
  return (
    status === 'unknown' || (other.stage > step.stage && ['succeeded', 'dispatched', 'compensating'].includes(status))
  );
}

function undoesBeforePivot(applied: Applied, plan: ExplorePlan): string | undefined {
  const after = changed(applied);
  const pivot = stepsOf(plan).find(({ phase }) => phase === 'pivot');
  if (after === undefined || pivot === undefined) return undefined;
  const isUndoing = eventsOf(applied).some(({ kind }) => kind === 'undoDispatched' || kind === 'compensationStarted');
  const status = statusOf(after.instance.state, pivot);
  return isUndoing && !['pending', 'declined', 'skipped'].includes(status)
    ? `it is undone while the pivot '${pivot.name}' is ${status}`
    : undefined;
}

/** A participant behind a true fence contradicts nobody, and a function of the author's that throws is a mistake in the saga. */
function parksByRule(applied: Applied): string | undefined {
  for (const event of eventsOf(applied)) {
    if (event.kind !== 'sagaParked') continue;
    const isAuthors = event.code === 'CONTRACT_BROKEN' && !('evidence' in event);
    if (isAuthors || event.code === 'AUTHOR_CODE_FAILED' || event.code === 'CONTRADICTION')
      return `parked with ${event.code}: ${event.message}`;
  }
  return undefined;
}
