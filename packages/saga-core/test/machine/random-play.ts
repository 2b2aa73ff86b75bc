import fc from 'fast-check';
import { expect } from 'vitest';
import { stepStateOf } from '../../src/machine/instance.js';
import type { ChildOutcome, Direction, LocalOutcome, ReplyOutcome, SagaInput } from '../../src/machine/saga-input.js';
import { unitsOf } from '../../src/machine/unit.js';
import { recheckMs } from '../../src/machine/wake-at.js';
import type { Drive } from './drive.js';

/** One thing that happens to an instance: mostly what its state makes likely, sometimes what nobody asked for. */
export type Move =
  | { readonly kind: 'answer'; readonly pick: number; readonly outcome: ReplyOutcome }
  | {
      readonly kind: 'stray';
      readonly pick: number;
      readonly outcome: ReplyOutcome;
      readonly direction: Direction;
      readonly round: number;
      readonly attempt: number;
    }
  | { readonly kind: 'notSent'; readonly pick: number }
  | { readonly kind: 'unsent'; readonly pick: number }
  | { readonly kind: 'wake' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'verb'; readonly verb: 'cancel' | 'pause' | 'resume' | 'retry' }
  | { readonly kind: 'again' };

const said = { code: 'NO', message: 'no' };
const outcome: fc.Arbitrary<ReplyOutcome> = fc.constantFrom<ReplyOutcome[]>(
  { kind: 'succeeded', output: { ok: true } },
  { kind: 'succeeded', output: { ok: true } },
  { kind: 'succeeded', output: { ok: true } },
  { kind: 'succeeded' },
  { kind: 'declined', ...said },
  { kind: 'failed', ...said },
  { kind: 'failed', ...said },
  { kind: 'contractBroken', message: 'odd', body: 7 },
);
const pick = fc.nat({ max: 11 });

export const randomMove: fc.Arbitrary<Move> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('answer'), pick, outcome }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('stray'),
      pick,
      outcome,
      direction: fc.constantFrom('do', 'undo'),
      round: fc.constantFrom(1, 1, 1, 2),
      attempt: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('notSent'), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unsent'), pick }) },
  { weight: 4, arbitrary: fc.constant({ kind: 'wake' }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.nat({ max: 12_000 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('verb'),
      verb: fc.constantFrom('cancel', 'pause', 'resume', 'retry', 'retry'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'again' }) },
) as fc.Arbitrary<Move>;

export function play(drive: Drive, move: Move): void {
  switch (move.kind) {
    case 'answer':
      answer(drive, move.pick, move.outcome);
      return;
    case 'stray': {
      const { direction, round, attempt } = move;
      drive.reply(anyStep(drive, move.pick), move.outcome, { direction, round, attempt });
      return;
    }
    case 'notSent': {
      const step = anyStep(drive, move.pick);
      drive.notSent(step, {
        direction: directionOf(drive, step),
        round: stepStateOf(drive.instance.state, step).round,
      });
      return;
    }
    case 'unsent':
      drive.unsent.add(anyStep(drive, move.pick));
      return;
    case 'wake':
      wake(drive);
      return;
    case 'wait':
      drive.after(move.ms);
      return;
    case 'verb':
      drive.verb(move.verb);
      return;
    case 'again': {
      const { input } = drive.history.at(-1) ?? {};
      if (input !== undefined && input.kind !== 'localFinished') drive.give(input);
      return;
    }
    default:
      move satisfies never;
  }
}

/** An instance that asks to be looked at has something to do by then: otherwise the poller would spin on it. */
function wake(drive: Drive): void {
  const { wakeAt } = drive;
  if (wakeAt === null) return;
  const isRecheck = wakeAt === drive.now + recheckMs;
  drive.after(Math.max(0, wakeAt - drive.now));
  if (!isRecheck) expect(drive.last?.kind).not.toBe('discarded');
}

/** Answers one of the steps that wait, whatever kind they are. */
function answer(drive: Drive, choice: number, outcome: ReplyOutcome): void {
  const waiting = unitsOf(drive.definition, drive.instance.bodies).filter(({ name }) =>
    ['dispatched', 'compensating'].includes(drive.step(name)),
  );
  const step = waiting[choice % Math.max(1, waiting.length)];
  if (step === undefined) return;
  const direction = directionOf(drive, step.name);
  if (step.kind === 'local') {
    // The engine runs nothing for an instance that is held.
    if (drive.status !== 'parked') drive.local(step.name, localOf(outcome), direction);
    return;
  }
  // A call that waits for its next attempt is not being made.
  const { pace } = stepStateOf(drive.instance.state, step.name);
  if (step.kind === 'call' && pace?.deadlineAt === undefined) return;
  if (step.kind === 'call' || step.kind === 'child') {
    drive.give(step.kind === 'call' ? calledBack(drive, step.name, outcome) : childEnded(drive, step.name, outcome));
    return;
  }
  // What was answered has been sent.
  drive.unsent.delete(step.name);
  drive.reply(step.name, outcome, { direction, round: stepStateOf(drive.instance.state, step.name).round });
}

function calledBack(drive: Drive, step: string, outcome: ReplyOutcome): SagaInput {
  const { round, pace } = stepStateOf(drive.instance.state, step);
  const attempt = pace?.attempt ?? 1;
  return { kind: 'callFinished', step, round, direction: directionOf(drive, step), attempt, outcome: localOf(outcome) };
}

/** A child tells its end once, and told to turn back it does. */
function childEnded(drive: Drive, step: string, outcome: ReplyOutcome): SagaInput {
  const { round, status } = stepStateOf(drive.instance.state, step);
  const isUndone = status === 'compensating' || outcome.kind === 'declined';
  const failure = { step: '', code: 'NO', message: 'no' };
  const ended: ChildOutcome = isUndone ? { kind: 'compensated', failure } : { kind: 'completed', output: { ok: true } };
  return { kind: 'childFinished', step, round, outcome: ended };
}

function localOf(outcome: ReplyOutcome): LocalOutcome {
  return outcome.kind === 'contractBroken' ? { kind: 'failed', code: 'X', message: outcome.message } : outcome;
}

function anyStep(drive: Drive, choice: number): string {
  const items = unitsOf(drive.definition, drive.instance.bodies).map(({ name }) => name);
  const names = [...new Set([...drive.definition.steps.keys(), ...items])];
  return names[choice % names.length] ?? '';
}

function directionOf(drive: Drive, step: string): Direction {
  return drive.step(step) === 'compensating' ? 'undo' : 'do';
}

/** From here on everything succeeds and the operator helps: it must come to an end. */
export function heal(drive: Drive): void {
  for (let turn = 0; turn < 200 && drive.status !== 'completed' && drive.status !== 'compensated'; turn += 1) {
    drive.unsent.clear();
    if (drive.instance.state.pausedAt !== undefined) drive.verb('resume');
    if (drive.status === 'parked') drive.verb('retry');
    const inputs = drive.history.length;
    answer(drive, turn, { kind: 'succeeded', output: { ok: true } });
    if (drive.history.length === inputs) wake(drive);
  }
}
