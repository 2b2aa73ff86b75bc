import { commandId } from '@backstitch/messaging';
import { stepStateOf } from '../machine/instance.js';
import { splitKey, unitsOf } from '../machine/unit.js';
import { wakeAt } from '../machine/wake-at.js';
import { owedAttempt } from './accepted-fence.js';
import { runLeg } from './explore-leg.js';
import { type Move, note } from './explore-move.js';
import { fenceKeyOf } from './explore-participant.js';
import type { ExplorePlan } from './explore-plan.js';
import { faulty, inputMoves } from './explore-publish.js';
import type { World } from './explore-world.js';

/** When something of the instance is due, or nothing is: a mere look every hour does not count. */
export function dueAt({ instance: { state }, nowMs }: World): number | undefined {
  const wake = wakeAt(state, nowMs);
  if (wake === null) return undefined;
  const paces = Object.values(state.steps).flatMap(({ pace }) => [pace?.deadlineAt, pace?.retryAt]);
  return [state.deadlineAt, ...paces].includes(wake) ? Math.max(wake, nowMs) : undefined;
}

/** Time passes up to what is due first, or to the saga's own deadline: the engine was away meanwhile. */
export function clockMoves(plan: ExplorePlan, world: World): Move[] {
  const moves: Move[] = [];
  const due = dueAt(world);
  if (due === undefined) return moves;
  // A second wake of the same moment, by another process: it must find nothing to do.
  if (due > world.nowMs) moves.push(...wake(plan, world, { at: world.nowMs, text: 'is looked at before its time' }));
  // Mail is read before the clock, and whoever makes a call has been stopped before its lease ends.
  if (world.letters.some(({ kind, key }) => kind === 'input' && key.startsWith('notSent'))) return moves;
  const { deadlineAt: endAt, status } = world.instance.state;
  if (!isCalling(world, due)) {
    const text = `its time has come, ${due - world.nowMs} ms later`;
    moves.push(...wake(plan, isSlow(plan, world, due) ? faulty(world) : world, { at: due, text }));
  }
  if (endAt !== undefined && endAt > due && status === 'running' && !isCalling(world, endAt)) {
    const text = `nobody looks at it until the saga's own deadline, ${endAt - world.nowMs} ms later`;
    moves.push(...wake(plan, faulty(world), { at: endAt, text }));
  }
  return moves;
}

function wake(
  plan: ExplorePlan,
  world: World,
  { at, text }: { readonly at: number; readonly text: string },
): readonly Move[] {
  const unsent = world.rows.flatMap(({ state, command }) => (state === 'refused' ? [] : [command.commandId]));
  const input = { kind: 'deadlineReached', unsent } as const;
  if (at === world.nowMs) {
    const [leg] = runLeg(plan, world, input);
    // A wake in vain is nothing new to explore, but what the machine made of it is looked at.
    if (leg?.applied[0]?.moved.kind === 'discarded')
      return [{ after: world, applied: leg.applied, tell: () => [note(plan.definition.name, text)] }];
  }
  return inputMoves(plan, { ...world, nowMs: at }, { input, heading: [note(plan.definition.name, text)] });
}

function isCalling({ instance: { state }, calls }: World, at: number): boolean {
  return calls.some(({ step }) => (stepStateOf(state, step).pace?.deadlineAt ?? Number.POSITIVE_INFINITY) <= at);
}

/** Whether what is awaited is still under way, or need not have stayed away: then that it does not come in time is a fault of its own. */
function isSlow({ definition }: ExplorePlan, world: World, at: number): boolean {
  const { instance, letters, rows } = world;
  const isEnd = instance.state.deadlineAt === at && instance.state.status === 'running';
  if (isEnd && letters.length + rows.length > 0) return true;
  return unitsOf(definition, instance.bodies).some(({ name, kind }) => {
    const { pace, status, round } = stepStateOf(instance.state, name);
    if (kind === 'wait' && status === 'dispatched' && (isEnd || pace?.deadlineAt === at)) return true;
    if (pace?.deadlineAt === undefined || pace.deadlineAt > at) return false;
    const direction = status === 'compensating' ? 'undo' : 'do';
    const fence = world.fences[fenceKeyOf({ step: name, round })];
    // Whoever accepted it works on it still, and could have been heard of.
    if (fence !== undefined && owedAttempt(fence, direction) !== undefined) return true;
    const id = commandId({ sagaId: instance.id, ...splitKey(name), round, direction });
    return (
      rows.some(({ command }) => command.commandId === id) ||
      letters.some((letter) => {
        const about = letter.kind === 'command' ? letter.command : letter.input;
        if (about.kind === 'childFinished') return false;
        return about.step === name && about.round === round && about.direction === direction;
      })
    );
  });
}
