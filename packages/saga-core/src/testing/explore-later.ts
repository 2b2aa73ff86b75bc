import type { Acceptance, Direction, ReplyOutcome } from '../machine/saga-input.js';
import type { FenceRow } from '../participant/fence-store.js';
import { pendingReply, type ReplyAddress } from '../participant/pending-reply.js';
import { answeredIn, owedAttempt } from './accepted-fence.js';
import { arrow, type Move } from './explore-move.js';
import { fenceKeyOf, remoteStep } from './explore-participant.js';
import { declineOf, type ExplorePlan, outputOf, undoDeclineOf } from './explore-plan.js';
import { effectKey, inputLetter, type Letter, type World } from './explore-world.js';

interface Said {
  readonly outcome: ReplyOutcome | Acceptance;
  readonly tookEffect?: true;
  readonly isFault: boolean;
}

/** Whoever works on an accepted command says that it goes on, or what came of it. */
export function laterMoves(plan: ExplorePlan, world: World): Move[] {
  return Object.values(world.fences).flatMap((row) =>
    (['do', 'undo'] as const).flatMap((direction) => {
      const to = owedAttempt(row, direction) === undefined ? undefined : pendingReply(row, direction)?.to;
      return to === undefined ? [] : sayings(plan, row, to).flatMap((said) => moveOf(plan, world, { row, to, said }));
    }),
  );
}

function sayings(plan: ExplorePlan, row: FenceRow, { step: name, direction }: ReplyAddress): readonly Said[] {
  const step = remoteStep(plan, name);
  const output = direction === 'do' ? outputOf(plan, name) : undefined;
  const succeeded: ReplyOutcome = output === undefined ? { kind: 'succeeded' } : { kind: 'succeeded', output };
  // An undo of what was never done only stops the work on it.
  const isEffective = direction === 'do' || row.doReply !== null;
  const decline = direction === 'do' ? declineOf(plan, step) : undoDeclineOf(step);
  return [
    { outcome: succeeded, ...(isEffective ? { tookEffect: true } : {}), isFault: false },
    { outcome: { kind: 'failed', code: 'HANDLER_FAILED', message: 'given up' }, isFault: true },
    { outcome: { kind: 'accepted' }, isFault: true },
    ...(decline === undefined
      ? []
      : [{ outcome: { kind: 'declined', message: decline.code, ...decline } as const, isFault: true }]),
  ];
}

function moveOf(
  plan: ExplorePlan,
  world: World,
  { row, to, said }: { readonly row: FenceRow; readonly to: ReplyAddress; readonly said: Said },
): Move[] {
  const { step, round, direction, attempt, command } = to;
  const { outcome, tookEffect, isFault } = said;
  const { participant } = remoteStep(plan, step).command;
  const letter: Letter = inputLetter({
    ...{ kind: 'replied', step, round, direction, attempt, outcome },
    from: participant,
  });
  // A second heartbeat beside one that is under way tells nobody more.
  if (outcome.kind === 'accepted' && world.letters.some(({ key }) => key === letter.key)) return [];
  const key = effectKey(step, round, direction);
  const after: World = {
    ...world,
    faults: world.faults + (isFault ? 1 : 0),
    fences: outcome.kind === 'accepted' ? world.fences : fencesAfter(world, { row, to, outcome }),
    effects: tookEffect ? { ...world.effects, [key]: (world.effects[key] ?? 0) + 1 } : world.effects,
    letters: [...world.letters, letter],
  };
  const text = `${command} (${step} ${direction}), accepted before, says ${outcome.kind}`;
  return [{ after, applied: [], tell: () => [arrow(participant, plan.definition.name, text)] }];
}

interface Answered {
  readonly row: FenceRow;
  readonly to: { readonly step: string; readonly round: number; readonly direction: Direction };
  readonly outcome: ReplyOutcome;
}

function fencesAfter({ fences }: World, { row, to, outcome }: Answered): World['fences'] {
  const key = fenceKeyOf(to);
  const answered = answeredIn(row, to.direction, outcome);
  if (answered !== undefined) return { ...fences, [key]: answered };
  const { [key]: _, ...rest } = fences;
  return rest;
}
