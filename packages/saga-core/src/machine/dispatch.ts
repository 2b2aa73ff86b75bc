import { encodeJson } from '@backstitch/messaging';
import type {
  ChildStepDefinition,
  EachStepDefinition,
  InvokeStepDefinition,
  SleepStepDefinition,
  Stage,
  StepDefinition,
  UnitDefinition,
  WaitStepDefinition,
} from '../definition/step-definition.js';
import { type Answer, ask, askForInput, askForPayload, contextOf } from './author.js';
import { beginAttempt, firstPace } from './begin-attempt.js';
import { type Draft, park, record, setPace, stepOf } from './draft.js';
import type { StepBodies } from './instance.js';
import { itemUnits } from './unit.js';

type Waiting = SleepStepDefinition | WaitStepDefinition;
type Plan =
  | { readonly kind: 'skip'; readonly step: string }
  | { readonly kind: 'wait'; readonly step: Waiting }
  | { readonly kind: 'begin'; readonly unit: Exclude<UnitDefinition, Waiting>; readonly data?: unknown }
  | { readonly kind: 'fan out'; readonly step: string; readonly items: readonly unknown[] };

/** A list that is longer is a slip, or a saga of its own for each part of it. */
export const maxItems = 1_000;

/**
 * Begins what of a stage may begin: its pending steps, and as many items of its lists as may be under way. All of the author's functions are
 * asked before anything is decided: where one of them throws, the instance is parked and nothing of the stage is sent.
 */
export function dispatchStage(draft: Draft, stage: Stage): void {
  const plans: Plan[] = [];
  for (const step of stage) {
    const planned = plansOf(draft, step);
    if (planned.kind === 'refused') {
      park(draft, planned.code, planned.message, { step: planned.step });
      return;
    }
    plans.push(...planned.plans);
  }
  for (const plan of plans) carryOut(draft, plan);
  for (const step of stage) if (step.kind === 'each') completeList(draft, step);
}

type Planned =
  | { readonly kind: 'planned'; readonly plans: readonly Plan[] }
  | { readonly kind: 'refused'; readonly step: string; readonly code: string; readonly message: string };

function plansOf(draft: Draft, step: StepDefinition): Planned {
  const { status } = stepOf(draft, step.name);
  if (step.kind === 'each' && status === 'dispatched') return itemPlans(draft, step, draft.folded.bodies);
  if (status !== 'pending') return { kind: 'planned', plans: [] };
  const { when, name } = step;
  if (when !== null) {
    const wanted = ask(() => when(contextOf(draft)), `'when' of step '${name}'`);
    if (wanted.kind === 'refused') return { ...wanted, step: name };
    if (!wanted.value) return { kind: 'planned', plans: [{ kind: 'skip', step: name }] };
  }
  return step.kind === 'each' ? fanOut(draft, step) : unitPlan(draft, step);
}

function unitPlan(draft: Draft, unit: UnitDefinition): Planned {
  switch (unit.kind) {
    case 'sleep':
    case 'wait':
      return { kind: 'planned', plans: [{ kind: 'wait', step: unit }] };
    case 'local':
    case 'call':
      return { kind: 'planned', plans: [{ kind: 'begin', unit }] };
    case 'invoke':
    case 'child': {
      const payload = payloadOf(draft, unit);
      if (payload.kind === 'refused') return { ...payload, step: unit.name };
      return { kind: 'planned', plans: [{ kind: 'begin', unit, ...dataOf(payload.value) }] };
    }
    default:
      return unit satisfies never;
  }
}

/** What an operator put in its place comes before what the author's function answers. */
function payloadOf(draft: Draft, unit: InvokeStepDefinition | ChildStepDefinition): Answer<unknown> {
  const corrected = draft.folded.bodies[unit.name]?.corrected;
  if (corrected !== undefined) return { kind: 'answered', value: corrected.data };
  const what = `'with' of step '${unit.name}'`;
  const context = contextOf(draft);
  return unit.kind === 'child'
    ? askForInput(() => unit.with(context), unit.saga, what)
    : askForPayload(() => unit.with(context), unit.command, what);
}

function fanOut(draft: Draft, step: EachStepDefinition): Planned {
  const { name } = step;
  const what = `'over' of step '${name}'`;
  const list = ask(() => {
    const items = step.over(contextOf(draft));
    if (!Array.isArray(items)) throw new TypeError(`it answered ${typeof items}, not a list`);
    if (items.length > maxItems) throw new RangeError(`it answered ${items.length} items, more than ${maxItems}`);
    encodeJson(items, { what });
    // A copy: the author may go on with the list, and what is recorded must not follow.
    return [...(items as readonly unknown[])];
  }, what);
  if (list.kind === 'refused') return { ...list, step: name };
  const first = itemPlans(draft, step, { ...draft.folded.bodies, [name]: { items: list.value } });
  if (first.kind === 'refused') return first;
  return { kind: 'planned', plans: [{ kind: 'fan out', step: name, items: list.value }, ...first.plans] };
}

/** The next items of a list, as many as may begin now. */
function itemPlans(draft: Draft, step: EachStepDefinition, bodies: Readonly<Record<string, StepBodies>>): Planned {
  const units = itemUnits(step, bodies);
  const underWay = units.filter(({ name }) => stepOf(draft, name).status === 'dispatched').length;
  const pending = units.filter(({ name }) => stepOf(draft, name).status === 'pending');
  const plans: Plan[] = [];
  for (const unit of pending.slice(0, Math.max(0, step.concurrency - underWay))) {
    const planned = unitPlan(draft, unit);
    if (planned.kind === 'refused') return planned;
    plans.push(...planned.plans);
  }
  return { kind: 'planned', plans };
}

/** The list is done when each of its items is. Its outputs are theirs: they stand once, where each item succeeded. */
function completeList(draft: Draft, step: EachStepDefinition): void {
  if (stepOf(draft, step.name).status !== 'dispatched') return;
  const isDone = itemUnits(step, draft.folded.bodies).every(({ name }) => {
    const { status } = stepOf(draft, name);
    return status === 'succeeded' || status === 'skipped';
  });
  if (isDone) record(draft, { kind: 'stepSucceeded', step: step.name });
}

function carryOut(draft: Draft, plan: Plan): void {
  switch (plan.kind) {
    case 'skip':
      record(draft, { kind: 'stepSkipped', step: plan.step, why: 'when' });
      return;
    case 'wait': {
      const { name } = plan.step;
      record(draft, { kind: 'stepDispatched', step: name, round: stepOf(draft, name).round });
      beginWaiting(draft, plan.step);
      return;
    }
    case 'begin': {
      const { name } = plan.unit;
      const sent = 'data' in plan ? { sent: plan.data } : {};
      record(draft, { kind: 'stepDispatched', step: name, round: stepOf(draft, name).round, ...sent });
      beginAttempt(draft, plan.unit, 'do');
      return;
    }
    case 'fan out':
      record(draft, { kind: 'stepDispatched', step: plan.step, round: stepOf(draft, plan.step).round });
      record(draft, { kind: 'itemsPlanned', step: plan.step, items: plan.items });
      return;
    default:
      plan satisfies never;
  }
}

function beginWaiting(draft: Draft, step: Waiting): void {
  const signal = draft.folded.bodies[step.name]?.signal;
  if (signal !== undefined) {
    record(draft, { kind: 'stepSucceeded', step: step.name, ...('body' in signal ? { output: signal.body } : {}) });
    return;
  }
  const waitMs = step.kind === 'sleep' ? step.durationMs : step.timeoutMs;
  const deadline = waitMs === null ? {} : { deadlineAt: draft.now + waitMs };
  setPace(draft, step.name, { ...firstPace(draft), ...deadline });
}

function dataOf(data: unknown): { readonly data?: unknown } {
  return data === undefined ? {} : { data };
}
