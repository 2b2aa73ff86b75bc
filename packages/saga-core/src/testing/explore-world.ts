import type { SendCommand, StartCall } from '../machine/effect.js';
import type { SagaInstance, StepBodies } from '../machine/instance.js';
import type { Direction, SagaInput } from '../machine/saga-input.js';
import type { FenceRow } from '../participant/fence-store.js';

/** All that a saga, its broker and its participants are at one moment. Never written into: a move makes another one. */
export interface World {
  readonly instance: SagaInstance;
  readonly nowMs: number;
  /** How many of the moves that led here were faults. */
  readonly faults: number;
  readonly letters: readonly Letter[];
  readonly rows: readonly Row[];
  /** Begun and not come back. */
  readonly calls: readonly StartCall[];
  /** Children that are not undone. */
  readonly children: readonly ChildAtWork[];
  /** By `step/round`. A fence that nothing has met is missing. */
  readonly fences: Readonly<Record<string, FenceRow>>;
  /** By `effectKey`: how often it took effect. */
  readonly effects: Readonly<Record<string, number>>;
  /** Steps that an operator skipped after they had been sent: they count as done, effect or not. */
  readonly waived: readonly string[];
  /** Steps whose signal was given. */
  readonly signalled: readonly string[];
}

/** A child as its parent's world knows it. */
export interface ChildAtWork {
  readonly step: string;
  readonly round: number;
  readonly state: 'running' | 'completed';
  /** Its parent has told it to turn back. */
  readonly isTold: boolean;
}

/** Something under way that arrives whenever it likes. `key` is the same for two that nobody could tell apart. */
export type Letter =
  | { readonly kind: 'command'; readonly key: string; readonly command: SendCommand }
  | { readonly kind: 'input'; readonly key: string; readonly input: LetterInput };
export type LetterInput = Extract<
  SagaInput,
  { readonly kind: 'replied' | 'notSent' | 'callFinished' | 'childFinished' }
>;

/**
 * A committed command that the outbox still holds: not sent yet · sent, but the relay died before it could say so · refused by the broker
 * for good. Only what certainly was not sent can be taken back.
 */
export interface Row {
  readonly state: 'waiting' | 'inDoubt' | 'refused';
  readonly command: SendCommand;
}

export function effectKey(step: string, round: number, direction: Direction): string {
  return `${step}/${round}/${direction}`;
}

export function commandLetter(command: SendCommand): Letter {
  const { step, round, direction, attempt, data } = command;
  return { kind: 'command', key: `c${effectKey(step, round, direction)}#${attempt}${bodyKey(data)}`, command };
}

export function inputLetter(input: LetterInput): Letter {
  if (input.kind === 'childFinished') {
    const { step, round, outcome } = input;
    return { kind: 'input', key: `child${step}/${round}#${outcome.kind}`, input };
  }
  const { kind, step, round, direction } = input;
  const said = kind === 'notSent' ? '' : `#${input.attempt}${input.outcome.kind}`;
  return { kind: 'input', key: `${kind}${effectKey(step, round, direction)}${said}`, input };
}

export function without<T>(list: readonly T[], one: T): readonly T[] {
  const index = list.indexOf(one);
  return index < 0 ? list : [...list.slice(0, index), ...list.slice(index + 1)];
}

/**
 * Two worlds with one key have the same future: what is under way has no order, and times count from now. Faults are left out, because of
 * two equal worlds the one with fewer faults can do all that the other can. `firstSentAt` is left out: it matters after months only.
 */
export function worldKey(world: World): string {
  const { instance, nowMs, letters, rows, calls, children, fences, effects, waived, signalled } = world;
  const { state, bodies } = instance;
  const parts: string[] = [state.status, span(state.deadlineAt, nowMs), span(state.pausedAt, nowMs)];
  for (const name of Object.keys(state.steps).sort()) {
    const { status, round, isDone, pace } = state.steps[name] ?? { status: 'pending', round: 1 };
    parts.push(name, status, String(round), isDone ? 'done' : '');
    if (pace !== undefined) {
      const { attempt, countedFrom, refusals, deadlineAt, retryAt } = pace;
      parts.push(`${attempt},${countedFrom},${refusals},${span(deadlineAt, nowMs)},${span(retryAt, nowMs)}`);
    }
  }
  for (const name of Object.keys(bodies).sort()) parts.push(name, stepBodiesKey(bodies[name]));
  const { parked, failure, cancel, evidence } = state;
  if (parked !== undefined) parts.push('parked', parked.from, parked.step ?? '', parked.code, span(parked.at, nowMs));
  parts.push(failure?.step ?? '', failure?.code ?? '', cancel?.code ?? '', String(evidence ?? 0), '|');
  parts.push(...letters.map(({ key }) => key).sort(), '|');
  parts.push(...rows.map((row) => `${row.state}${row.command.commandId}#${row.command.attempt}`).sort(), '|');
  parts.push(...calls.map((call) => `${effectKey(call.step, call.round, call.direction)}#${call.attempt}`).sort(), '|');
  parts.push(...children.map((each) => `${each.step}/${each.round}${each.state}${each.isTold}`).sort(), '|');
  for (const key of Object.keys(fences).sort()) {
    const { status, doReply, pending } = fences[key] ?? {};
    parts.push(key, status ?? '', doReply ?? '', pending ?? '');
  }
  for (const key of Object.keys(effects).sort()) parts.push(key, String(effects[key]));
  parts.push('|', ...[...signalled].sort(), '|', ...[...waived].sort());
  return parts.join(' ');
}

function span(at: number | undefined, nowMs: number): string {
  return at === undefined ? '' : String(at - nowMs);
}

/** Transitions share what they do not change, so that bodies are written out once. */
const written = new WeakMap<StepBodies, string>();

function stepBodiesKey(bodies: StepBodies | undefined): string {
  if (bodies === undefined) return '';
  const known = written.get(bodies);
  if (known !== undefined) return known;
  const key = JSON.stringify(bodies);
  written.set(bodies, key);
  return key;
}

function bodyKey(data: unknown): string {
  return data === undefined ? '' : JSON.stringify(data);
}
