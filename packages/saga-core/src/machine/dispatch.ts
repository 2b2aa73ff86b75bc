import { commandId } from '@backstitch/messaging';
import type {
  CallStepDefinition,
  InvokeStepDefinition,
  SleepStepDefinition,
  Stage,
  StepDefinition,
  WaitStepDefinition,
} from '../definition/step-definition.js';
import { type Answer, ask, askForPayload, contextOf } from './author.js';
import { type Draft, park, record, setPace, stepOf } from './draft.js';
import { callGraceMs, type SendCommand, tombstoneCommand } from './effect.js';
import type { Pace } from './instance.js';
import type { Direction } from './saga-input.js';

type Plan =
  | { readonly kind: 'skip'; readonly step: StepDefinition }
  | { readonly kind: 'begin'; readonly step: Exclude<StepDefinition, InvokeStepDefinition> }
  | { readonly kind: 'send'; readonly step: InvokeStepDefinition; readonly data: unknown };

/**
 * Begins the pending steps of a stage. All of the author's functions are asked before anything is decided: where one of them throws, the
 * instance is parked and nothing of the stage is sent.
 */
export function dispatchStage(draft: Draft, stage: Stage): void {
  const plans: Plan[] = [];
  for (const step of stage) {
    if (stepOf(draft, step.name).status !== 'pending') continue;
    const plan = planOf(draft, step);
    if (plan.kind === 'refused') {
      park(draft, plan.code, plan.message, { step: step.name });
      return;
    }
    plans.push(plan.value);
  }
  for (const plan of plans) carryOut(draft, plan);
}

function planOf(draft: Draft, step: StepDefinition): Answer<Plan> {
  const context = contextOf(draft);
  const { when } = step;
  if (when !== null) {
    const wanted = ask(() => when(context), `'when' of step '${step.name}'`);
    if (wanted.kind === 'refused') return wanted;
    if (!wanted.value) return { kind: 'answered', value: { kind: 'skip', step } };
  }
  if (step.kind !== 'invoke') return { kind: 'answered', value: { kind: 'begin', step } };
  const payload = askForPayload(() => step.with(context), step.command, `'with' of step '${step.name}'`);
  return payload.kind === 'refused'
    ? payload
    : { kind: 'answered', value: { kind: 'send', step, data: payload.value } };
}

function carryOut(draft: Draft, plan: Plan): void {
  const { name } = plan.step;
  const { round } = stepOf(draft, name);
  switch (plan.kind) {
    case 'skip':
      record(draft, { kind: 'stepSkipped', step: name, why: 'when' });
      return;
    case 'begin':
      record(draft, { kind: 'stepDispatched', step: name, round });
      begin(draft, plan.step);
      return;
    case 'send':
      record(draft, { kind: 'stepDispatched', step: name, round, ...bodyOf(plan.data) });
      send(draft, plan.step, 'do');
      return;
    default:
      plan satisfies never;
      return;
  }
}

function begin(draft: Draft, step: Exclude<StepDefinition, InvokeStepDefinition>): void {
  switch (step.kind) {
    case 'local':
      runLocal(draft, step.name, 'do');
      return;
    case 'call':
      startCall(draft, step, 'do');
      return;
    case 'sleep':
    case 'wait':
      beginWaiting(draft, step);
      return;
    default:
      step satisfies never;
  }
}

function beginWaiting(draft: Draft, step: SleepStepDefinition | WaitStepDefinition): void {
  const signal = draft.folded.bodies[step.name]?.signal;
  if (signal !== undefined) {
    record(draft, { kind: 'stepSucceeded', step: step.name, ...('body' in signal ? { output: signal.body } : {}) });
    return;
  }
  const waitMs = step.kind === 'sleep' ? step.durationMs : step.timeoutMs;
  const deadline = waitMs === null ? {} : { deadlineAt: draft.now + waitMs };
  setPace(draft, step.name, { ...firstPace(draft), ...deadline });
}

export function firstPace(draft: Draft): Pace {
  return { attempt: 1, countedFrom: 0, refusals: 0, firstSentAt: draft.now };
}

/** The next attempt of a call, under a lease: until it ends nobody else begins the same call or its undo. */
export function startCall(draft: Draft, step: CallStepDefinition, direction: Direction): void {
  const { pace, round } = stepOf(draft, step.name);
  const attempt = (pace?.attempt ?? 0) + 1;
  const { retryAt: _, ...before } = pace ?? firstPace(draft);
  setPace(draft, step.name, { ...before, attempt, deadlineAt: draft.now + step.timeoutMs + callGraceMs });
  const idempotencyKey = idOf(draft, step.name, direction);
  draft.effects.push({ kind: 'startCall', step: step.name, round, direction, attempt, idempotencyKey });
}

export function bodyOf(sent: unknown): { readonly sent?: unknown } {
  return sent === undefined ? {} : { sent };
}

/** A local function is due at once: were this process to die before it ran, the poller would find it. */
export function runLocal(draft: Draft, step: string, direction: Direction): void {
  const before = stepOf(draft, step).pace;
  setPace(draft, step, { ...(before ?? firstPace(draft)), retryAt: draft.now });
  draft.effects.push({ kind: 'runLocal', step, direction });
}

/** The next sending of a step's command: the first, or the same one again with the recorded payload. */
export function send(draft: Draft, step: InvokeStepDefinition, direction: Direction): void {
  const { pace } = stepOf(draft, step.name);
  const attempt = (pace?.attempt ?? 0) + 1;
  const firstSentAt = pace?.firstSentAt ?? draft.now;
  setPace(draft, step.name, {
    attempt,
    countedFrom: pace?.countedFrom ?? 0,
    refusals: pace?.refusals ?? 0,
    firstSentAt,
    deadlineAt: draft.now + step.timeoutMs,
  });
  draft.effects.push(commandOf(draft, step, { direction, attempt, firstSentAt }));
}

/** Begins an attempt of whatever kind the step is; one that only waits has none. */
export function attempt(draft: Draft, step: StepDefinition, direction: Direction): void {
  switch (step.kind) {
    case 'local':
      runLocal(draft, step.name, direction);
      return;
    case 'invoke':
      send(draft, step, direction);
      return;
    case 'call':
      startCall(draft, step, direction);
      return;
    case 'sleep':
    case 'wait':
      return;
    default:
      step satisfies never;
  }
}

interface Sending {
  readonly direction: Direction;
  readonly attempt: number;
  readonly firstSentAt: number;
}

function commandOf(
  draft: Draft,
  step: InvokeStepDefinition,
  { direction, attempt, firstSentAt }: Sending,
): SendCommand {
  const { round } = stepOf(draft, step.name);
  const bodies = draft.folded.bodies[step.name] ?? {};
  const undo = step.compensate?.command.name ?? tombstoneCommand;
  return {
    kind: 'sendCommand',
    commandId: idOf(draft, step.name, direction),
    participant: step.command.participant,
    command: direction === 'do' ? step.command.name : undo,
    step: step.name,
    round,
    direction,
    attempt,
    firstSentAt,
    data: direction === 'do' ? bodies.sent : bodies.undo,
  };
}

export function idOf(draft: Draft, step: string, direction: Direction): string {
  return commandId({ sagaId: draft.instance.id, step, item: null, round: stepOf(draft, step).round, direction });
}
