import type { StepDefinition } from '../definition/step-definition.js';
import { stepStateOf } from '../machine/instance.js';
import type { Resolution } from '../machine/saga-input.js';
import type { ExplorePlan } from './explore-plan.js';
import { effectKey, type World } from './explore-world.js';

export interface Claim {
  readonly step: StepDefinition;
  readonly outcome: Resolution;
}

/**
 * Whether somebody who looked at the participant could say so. What took effect stays so; that something had no effect, or is undone, can only
 * be said once no copy of the command is still on its way to a fence that would let it in.
 */
export function isTruthful(plan: ExplorePlan, world: World, { step, outcome }: Claim): boolean {
  const { name, kind, compensate } = step;
  // Nothing took place anywhere: whether it was given is the operator's to say.
  if (kind === 'wait' || kind === 'sleep') return true;
  const { round } = stepStateOf(world.instance.state, name);
  const done = world.effects[effectKey(name, round, 'do')] ?? 0;
  const undone = world.effects[effectKey(name, round, 'undo')] ?? 0;
  switch (outcome.kind) {
    case 'succeeded':
      return done > 0 && undone === 0;
    case 'declined':
      return done === 0 && isClosed(plan, world, step);
    case 'compensated': {
      const isUndone = kind === 'call' ? done === 0 || undone > 0 : done === undone;
      return (compensate === null || isUndone) && isClosed(plan, world, step);
    }
    default:
      return outcome satisfies never;
  }
}

/** No copy of its command can take effect any more. */
function isClosed({ parts }: ExplorePlan, world: World, { name }: StepDefinition): boolean {
  const { round } = stepStateOf(world.instance.state, name);
  const fence = world.fences[`${name}/${round}`];
  if (fence !== undefined && parts.decideFence(fence, { direction: 'do' }).kind !== 'run') return true;
  const isIt = (one: { readonly step: string; readonly round: number }): boolean =>
    one.step === name && one.round === round;
  return !(
    world.calls.some(isIt) ||
    world.rows.some(({ command, state }) => state !== 'refused' && command.direction === 'do' && isIt(command)) ||
    world.letters.some((letter) => isIt(letter.kind === 'command' ? letter.command : letter.input))
  );
}
