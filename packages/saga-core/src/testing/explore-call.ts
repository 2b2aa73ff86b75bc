import type { CallStepDefinition } from '../definition/step-definition.js';
import type { StartCall } from '../machine/effect.js';
import type { LocalOutcome } from '../machine/saga-input.js';
import { type Move, note } from './explore-move.js';
import { declineOf, type ExplorePlan } from './explore-plan.js';
import { faulty } from './explore-publish.js';
import { effectKey, inputLetter, without, type World } from './explore-world.js';

/** What may become of a call: it has no fence, so it may take effect and be made again. */
export function callMoves(plan: ExplorePlan, world: World): Move[] {
  return world.calls.flatMap((call) => {
    const { step: name, direction } = call;
    const step = plan.definition.steps.get(name) as CallStepDefinition;
    const output = direction === 'do' ? plan.outputs[name] : undefined;
    const succeeded: LocalOutcome = output === undefined ? { kind: 'succeeded' } : { kind: 'succeeded', output };
    const failed: LocalOutcome = { kind: 'failed', code: 'AUTHOR_CODE_FAILED', message: 'thrown' };
    const decline = direction === 'do' ? declineOf(plan, step) : undefined;
    const told =
      (text: string): Move['tell'] =>
      () => [note(plan.definition.name, `call ${name} ${direction}: ${text}`)];
    const ended = { ...world, calls: without(world.calls, call) };
    const effective = took(ended, call);
    const moves: Move[] = [
      { after: answered(effective, call, succeeded), applied: [], tell: told('takes effect') },
      { after: faulty(answered(effective, call, failed)), applied: [], tell: told('takes effect, and then fails') },
      { after: faulty(answered(ended, call, failed)), applied: [], tell: told('fails') },
      { after: faulty(effective), applied: [], tell: told('takes effect, and the process dies') },
      { after: faulty(ended), applied: [], tell: told('is never made, for the process dies') },
    ];
    if (decline === undefined) return moves;
    const outcome: LocalOutcome = { kind: 'declined', message: decline.code, ...decline };
    return [...moves, { after: faulty(answered(ended, call, outcome)), applied: [], tell: told('is declined') }];
  });
}

function took(world: World, { step, round, direction }: StartCall): World {
  const key = effectKey(step, round, direction);
  return { ...world, effects: { ...world.effects, [key]: (world.effects[key] ?? 0) + 1 } };
}

function answered(world: World, { step, round, direction, attempt }: StartCall, outcome: LocalOutcome): World {
  const letter = inputLetter({ kind: 'callFinished', step, round, direction, attempt, outcome });
  return { ...world, letters: [...world.letters, letter] };
}
