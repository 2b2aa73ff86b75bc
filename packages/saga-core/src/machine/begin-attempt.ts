import { commandId } from '@backstitch/messaging';
import type { CallStepDefinition, InvokeStepDefinition, UnitDefinition } from '../definition/step-definition.js';
import { type Draft, setPace, stepOf } from './draft.js';
import { callGraceMs, type SendCommand, tombstoneCommand } from './effect.js';
import type { Pace } from './instance.js';
import type { Direction } from './saga-input.js';
import { sentAs } from './sent-as.js';
import { splitKey } from './unit.js';

/** Begins an attempt of whatever kind the unit is; one that only waits has none. */
export function beginAttempt(draft: Draft, unit: UnitDefinition, direction: Direction): void {
  switch (unit.kind) {
    case 'local':
      runLocal(draft, unit.name, direction);
      return;
    case 'invoke':
      send(draft, unit, direction);
      return;
    case 'call':
      startCall(draft, unit, direction);
      return;
    case 'child':
      engageChild(draft, unit.name, direction);
      return;
    case 'sleep':
    case 'wait':
      return;
    default:
      unit satisfies never;
  }
}

export function firstPace(draft: Draft): Pace {
  return { attempt: 1, countedFrom: 0, refusals: 0, firstSentAt: draft.now };
}

/** A local function is due at once: were this process to die before it ran, the poller would find it. */
export function runLocal(draft: Draft, step: string, direction: Direction): void {
  const before = stepOf(draft, step).pace;
  setPace(draft, step, { ...(before ?? firstPace(draft)), retryAt: draft.now });
  draft.effects.push({ kind: 'runLocal', step, direction });
}

/** The next attempt of a call, under a lease: until it ends nobody else begins the same call or its undo. */
export function startCall(draft: Draft, step: CallStepDefinition, direction: Direction): void {
  const { pace, round } = stepOf(draft, step.name);
  const attempt = (pace?.attempt ?? 0) + 1;
  const { retryAt: _retry, heardAt: _heard, ...before } = pace ?? firstPace(draft);
  setPace(draft, step.name, { ...before, attempt, deadlineAt: draft.now + callLeaseMs(step) });
  const idempotencyKey = idOf(draft, step.name, direction);
  draft.effects.push({ kind: 'startCall', step: step.name, round, direction, attempt, idempotencyKey });
}

/** From one word of it to the end of its lease: whoever makes it has been told to stop before anybody else begins. */
export function callLeaseMs({ heartbeatMs, timeoutMs }: CallStepDefinition): number {
  return (heartbeatMs ?? timeoutMs) + callGraceMs;
}

/**
 * Begins the child, or tells it to turn back. There is one attempt: it is a row of the same database, written in the same transaction, and
 * from then on it has clocks, retries and a person of its own.
 */
function engageChild(draft: Draft, step: string, direction: Direction): void {
  const { round } = stepOf(draft, step);
  const key = idOf(draft, step, 'do');
  const { failure } = draft.folded.state;
  if (direction === 'do') draft.effects.push({ kind: 'startChild', step, round, key });
  else if (failure !== undefined) draft.effects.push({ kind: 'undoChild', step, key, failure });
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
  const { round, isDone } = stepOf(draft, step.name);
  const bodies = draft.folded.bodies[step.name] ?? {};
  const undo = step.compensate?.command.name ?? tombstoneCommand;
  return {
    kind: 'sendCommand',
    commandId: idOf(draft, step.name, direction),
    participant: step.command.participant,
    command: direction === 'do' ? step.command.name : undo,
    step: sentAs(draft.folded.state, step.name),
    round,
    direction,
    attempt,
    firstSentAt,
    ...(direction === 'undo' && isDone ? { isDone } : {}),
    data: direction === 'do' ? bodies.sent : bodies.undo,
  };
}

export function idOf(draft: Draft, key: string, direction: Direction): string {
  const { round } = stepOf(draft, key);
  return commandId({ sagaId: draft.instance.id, ...splitKey(sentAs(draft.folded.state, key)), round, direction });
}
