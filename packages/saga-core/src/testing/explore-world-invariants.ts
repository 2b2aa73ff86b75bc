import type { StepDefinition } from '../definition/step-definition.js';
import { stepStateOf } from '../machine/instance.js';
import { unitsOf } from '../machine/unit.js';
import type { Direction } from '../machine/saga-input.js';
import { dueAt } from './explore-clock.js';
import type { Invariant } from './explore-invariant.js';
import type { ExplorePlan } from './explore-plan.js';
import { effectKey, type World } from './explore-world.js';

/** What holds between the instance, the fences and what took effect. The numbers are those of the design's list of invariants. */
export const worldInvariants: readonly Invariant[] = [
  every('at most one effect per command id', oneEffect), // 10
  every('what the machine believes of a step is true', isTrue), // 12, 15
  every('completed: each forward effect once, no undo', completed), // 11
  every('compensated: undone exactly where there was an effect', compensated), // 12
  every('no undo takes effect beside the pivot', pivotStands), // 14
  { name: 'it comes to an end', check: ({ world, plan }) => comesToAnEnd(world, plan) }, // 25
];

/** Nothing is under way and nothing will be due: what is left is for a person, or nothing. */
export function isAtRest(world: World): boolean {
  const { letters, rows, calls, children } = world;
  return (
    letters.length === 0 &&
    calls.length === 0 &&
    children.every(({ state, isTold }) => state === 'completed' && !isTold) &&
    rows.every(({ state }) => state === 'refused') &&
    dueAt(world) === undefined
  );
}

/** How often a step took effect (`do`) or was undone, in all rounds or in one. */
export function countEffects(world: World, step: string, direction: Direction): number {
  let count = 0;
  for (let round = 1; round <= stepStateOf(world.instance.state, step).round + 1; round += 1)
    count += world.effects[effectKey(step, round, direction)] ?? 0;
  return count;
}

function every(
  name: string,
  check: (world: World, step: StepDefinition, plan: ExplorePlan) => string | undefined,
): Invariant {
  return {
    name,
    check: ({ plan, world }) => {
      for (const step of unitsOf(plan.definition, world.instance.bodies)) {
        const wrong = check(world, step, plan);
        if (wrong !== undefined) return wrong;
      }
      return undefined;
    },
  };
}

/** A call has no fence: it is made at least once. */
function oneEffect({ effects }: World, { name, kind }: StepDefinition): string | undefined {
  if (kind === 'call') return undefined;
  const key = Object.keys(effects).find((each) => each.startsWith(`${name}/`) && (effects[each] ?? 0) > 1);
  return key === undefined ? undefined : `${key} took effect ${effects[key]} times`;
}

function isTrue(world: World, { name, kind }: StepDefinition): string | undefined {
  if (kind === 'sleep' || kind === 'wait') return undefined;
  const { status, round } = stepStateOf(world.instance.state, name);
  const now = world.effects[effectKey(name, round, 'do')] ?? 0;
  const other = countEffects(world, name, 'do') - now;
  // A new round is opened only where the last one is settled as having had none.
  if (kind !== 'call' && other > 0) return `'${name}' is in round ${round}, and took effect in another one`;
  switch (status) {
    case 'succeeded':
      return now > 0 || world.waived.includes(name) ? undefined : `'${name}' is succeeded, and had no effect`;
    case 'pending':
    case 'declined':
    case 'skipped':
      return now === 0 ? undefined : `'${name}' is ${status}, and took effect`;
    case 'dispatched':
    case 'unknown':
    case 'compensating':
    case 'compensated':
    case 'notCompensated':
      return undefined;
    default:
      return status satisfies never;
  }
}

function completed(world: World, { name, kind, phase }: StepDefinition): string | undefined {
  if (world.instance.state.status !== 'completed') return undefined;
  const isWaiting = kind === 'sleep' || kind === 'wait';
  const { status } = stepStateOf(world.instance.state, name);
  const undone = countEffects(world, name, 'undo');
  if (undone > 0) return `completed, and '${name}' was undone`;
  // A pivot has no `when`: only an operator could have left it out.
  if (status === 'skipped' && phase === 'pivot') return `completed, and the pivot '${name}' was skipped`;
  if (status === 'skipped' || isWaiting) return undefined;
  const done = countEffects(world, name, 'do');
  if (done === 0 && world.waived.includes(name)) return undefined;
  const isRight = kind === 'call' ? done >= 1 : done === 1;
  return isRight ? undefined : `completed, and '${name}' took effect ${done} times`;
}

function compensated(world: World, { name, kind, compensate, phase }: StepDefinition): string | undefined {
  if (world.instance.state.status !== 'compensated') return undefined;
  const done = countEffects(world, name, 'do');
  const undone = countEffects(world, name, 'undo');
  if (phase !== 'compensatable') return done === 0 ? undefined : `compensated, and '${name}' took effect`;
  if (compensate === null && kind !== 'child') return undefined;
  const isRight = kind === 'call' ? done === 0 || undone >= 1 : done === undone;
  return isRight ? undefined : `compensated, and '${name}' took effect ${done} times and was undone ${undone} times`;
}

function pivotStands(world: World, { name, phase }: StepDefinition): string | undefined {
  if (phase !== 'pivot' || countEffects(world, name, 'do') === 0) return undefined;
  const undone = Object.keys(world.effects).find((key) => key.endsWith('/undo'));
  return undone === undefined ? undefined : `the pivot '${name}' took effect, and so did ${undone}`;
}

/** At rest it is over, or it waits for a person: parked, paused, or for a signal that has not been given. */
function comesToAnEnd(world: World, { definition }: ExplorePlan): string | undefined {
  const { status, pausedAt, steps } = world.instance.state;
  if (!isAtRest(world) || pausedAt !== undefined || (status !== 'running' && status !== 'compensating'))
    return undefined;
  const waiting = Object.entries(steps).filter(
    ([, step]) => step.status === 'dispatched' || step.status === 'compensating',
  );
  const isSignalDue = waiting.some(
    ([name]) => definition.steps.get(name)?.kind === 'wait' && !world.signalled.includes(name),
  );
  if (isSignalDue) return undefined;
  return `it is ${status}, nothing is under way and nothing will be due; it waits for ${waiting.map(([name]) => name).join(', ') || 'nothing'}`;
}
