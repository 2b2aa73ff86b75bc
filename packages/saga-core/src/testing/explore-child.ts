import type { Failure } from '../definition/step-context.js';
import type { ChildOutcome } from '../machine/saga-input.js';
import { type Move, note } from './explore-move.js';
import type { ExplorePlan } from './explore-plan.js';
import { faulty } from './explore-publish.js';
import { type ChildAtWork, effectKey, inputLetter, without, type World } from './explore-world.js';

/**
 * What may become of a child. It is one thing here: it completes or undoes itself, and told to turn back it does, from wherever it is. Its own
 * steps are explored by themselves. What it and its parent tell each other stands in the database: it comes once, whenever it likes.
 */
export function childMoves(plan: ExplorePlan, world: World): Move[] {
  return world.children.flatMap((child) => {
    const moves: Move[] = [];
    const told =
      (text: string): Move['tell'] =>
      () => [note(plan.definition.name, `child ${child.step}: ${text}`)];
    if (child.state === 'running') {
      const completed = replaced(took(world, child, 'do'), child, { ...child, state: 'completed' });
      const output = plan.outputs[child.step];
      const outcome: ChildOutcome = { kind: 'completed', ...(output === undefined ? {} : { output }) };
      moves.push({ after: tells(completed, child, outcome), applied: [], tell: told('completes') });
    }
    if (child.state === 'running' && !child.isTold) {
      const { code = 'DECLINED', detail } = plan.declines[child.step] ?? {};
      const failure: Failure = { step: '', code, message: code, ...(detail === undefined ? {} : { detail }) };
      const gone = replaced(world, child);
      const after = faulty(tells(gone, child, { kind: 'compensated', failure }));
      moves.push({ after, applied: [], tell: told('undoes itself') });
    }
    if (child.isTold) {
      const undone = child.state === 'completed' ? took(world, child, 'undo') : world;
      const failure: Failure = { step: '', code: 'TOLD', message: 'its parent turned back' };
      const after = tells(replaced(undone, child), child, { kind: 'compensated', failure });
      moves.push({ after, applied: [], tell: told('turns back with its parent') });
    }
    return moves;
  });
}

function took(world: World, { step, round }: ChildAtWork, direction: 'do' | 'undo'): World {
  const key = effectKey(step, round, direction);
  return { ...world, effects: { ...world.effects, [key]: (world.effects[key] ?? 0) + 1 } };
}

function replaced(world: World, child: ChildAtWork, by?: ChildAtWork): World {
  const others = without(world.children, child);
  return { ...world, children: by === undefined ? others : [...others, by] };
}

function tells(world: World, { step, round }: ChildAtWork, outcome: ChildOutcome): World {
  const letter = inputLetter({ kind: 'childFinished', step, round, outcome });
  return { ...world, letters: [...world.letters, letter] };
}
