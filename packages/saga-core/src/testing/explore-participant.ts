import type { EachStepDefinition, InvokeStepDefinition } from '../definition/step-definition.js';
import { type SendCommand, tombstoneCommand } from '../machine/effect.js';
import type { Acceptance, ReplyOutcome } from '../machine/saga-input.js';
import type { FenceRow } from '../participant/fence-store.js';
import { settledRow } from '../participant/pending-reply.js';
import { acceptedIn } from './accepted-fence.js';
import { declineOf, type ExplorePlan, undoDeclineOf, outputOf } from './explore-plan.js';
import { splitKey } from '../machine/unit.js';
import { effectKey, type World } from './explore-world.js';

/** One way in which a participant may take a command. */
export interface Met {
  readonly outcome: ReplyOutcome | Acceptance;
  /** The fence's row afterwards. */
  readonly row: FenceRow;
  readonly tookEffect: boolean;
  readonly isFault: boolean;
  readonly told: string;
}

/** An item is asked and answers as its step does. */
export function remoteStep({ definition }: ExplorePlan, key: string): InvokeStepDefinition | EachStepDefinition {
  return definition.steps.get(splitKey(key).step) as InvokeStepDefinition | EachStepDefinition;
}

const fresh: FenceRow = { status: 'fresh', doReply: null, undoReply: null };
const done: ReplyOutcome = { kind: 'succeeded' };
const accepted: Acceptance = { kind: 'accepted' };

function accepting(plan: ExplorePlan, row: FenceRow, command: SendCommand): readonly Met[] {
  if (command.command === tombstoneCommand || !plan.accepts.has(splitKey(command.step).step)) return [];
  const told = 'accepts: the answer comes later';
  return [{ outcome: accepted, row: acceptedIn(row, command), tookEffect: false, isFault: false, told }];
}

export function fenceKeyOf({ step, round }: Pick<SendCommand, 'step' | 'round'>): string {
  return `${step}/${round}`;
}

/** Everything that a participant may make of a command, by the rules of its fence. */
export function meet(plan: ExplorePlan, world: World, command: SendCommand): readonly Met[] {
  const row = world.fences[fenceKeyOf(command)] ?? fresh;
  const decision = plan.parts.decideFence(row, command);
  switch (decision.kind) {
    case 'run':
      return [
        ...(command.direction === 'do' ? runDo(plan, row, command) : runUndo(plan, row, command)),
        ...accepting(plan, row, command),
      ];
    case 'accepted': {
      const told = 'is working on it still: accepted again';
      return [{ outcome: accepted, row: acceptedIn(row, command), tookEffect: false, isFault: false, told }];
    }
    case 'answer': {
      const outcome = JSON.parse(decision.replyJson) as ReplyOutcome;
      return [{ outcome, row, tookEffect: false, isFault: false, told: 'seen before: the stored answer again' }];
    }
    case 'refuse': {
      const outcome = { kind: 'failed', code: 'FENCED', message: 'undone before it arrived' } as const;
      return [{ outcome, row, tookEffect: false, isFault: false, told: 'refused: it was undone before' }];
    }
    case 'close': {
      const closed: FenceRow = { ...row, status: 'tombstone', undoReply: JSON.stringify(done) };
      return [{ outcome: done, row: closed, tookEffect: false, isFault: false, told: 'nothing to undo: tombstone' }];
    }
    default:
      return decision satisfies never;
  }
}

function runDo(plan: ExplorePlan, row: FenceRow, { step: name }: SendCommand): readonly Met[] {
  const step = remoteStep(plan, name);
  const output = outputOf(plan, name);
  const succeeded: ReplyOutcome = output === undefined ? done : { kind: 'succeeded', output };
  const met: Met[] = [
    { ...settled(row, 'succeeded', succeeded), tookEffect: true, isFault: false, told: 'takes effect' },
  ];
  const decline = declineOf(plan, step);
  if (decline !== undefined) {
    const outcome: ReplyOutcome = { kind: 'declined', message: decline.code, ...decline };
    met.push({
      ...settled(row, 'declined', outcome),
      tookEffect: false,
      isFault: true,
      told: `declines: ${decline.code}`,
    });
  }
  if (step.command.spec.reply !== undefined) {
    const outcome: ReplyOutcome = { kind: 'contractBroken', message: 'not what the contract says', body: null };
    met.push({
      ...settled(row, 'succeeded', outcome),
      tookEffect: true,
      isFault: true,
      told: 'takes effect, answers nonsense',
    });
  }
  return [...met, failedOnce(row)];
}

function settled(row: FenceRow, status: 'succeeded' | 'declined', outcome: ReplyOutcome): Pick<Met, 'row' | 'outcome'> {
  return { row: { ...row, status, doReply: JSON.stringify(outcome) }, outcome };
}

/** Its transaction rolled back and left nothing, so that the next attempt runs again. */
function failedOnce(row: FenceRow): Met {
  const outcome: ReplyOutcome = { kind: 'failed', code: 'HANDLER_FAILED', message: 'thrown' };
  return { outcome, row, tookEffect: false, isFault: true, told: 'fails: rolled back' };
}

function runUndo(plan: ExplorePlan, row: FenceRow, { step: name, command }: SendCommand): readonly Met[] {
  const undone = settledRow(row, { status: 'undone', undoReply: JSON.stringify(done) });
  // What was accepted and not done is stopped: there is nothing to take back.
  const tookEffect = row.status !== 'accepted';
  if (command === tombstoneCommand)
    return [{ outcome: done, row: undone, tookEffect: false, isFault: false, told: 'closed: there is no undo' }];
  const met: Met[] = [{ outcome: done, row: undone, tookEffect, isFault: false, told: 'is undone' }];
  const decline = undoDeclineOf(remoteStep(plan, name));
  if (decline !== undefined) {
    const outcome: ReplyOutcome = { kind: 'declined', message: decline.code, ...decline };
    met.push({ outcome, row, tookEffect: false, isFault: true, told: `declines to undo: ${decline.code}` });
  }
  return [...met, failedOnce(row)];
}

/** The world behind it, the command and its answer apart. */
export function afterMeeting(world: World, command: SendCommand, { row, tookEffect, isFault }: Met): World {
  const key = effectKey(command.step, command.round, command.direction);
  return {
    ...world,
    faults: world.faults + (isFault ? 1 : 0),
    fences: row.status === 'fresh' ? world.fences : { ...world.fences, [fenceKeyOf(command)]: row },
    effects: tookEffect ? { ...world.effects, [key]: (world.effects[key] ?? 0) + 1 } : world.effects,
  };
}
