import type { Failure } from '../definition/step-context.js';
import type { Parking, SagaStatus, StepStatus } from '../machine/instance.js';
import { stepStateOf } from '../machine/instance.js';
import type { Direction } from '../machine/saga-input.js';
import { itemKey } from '../machine/unit.js';
import type { Invariant } from './explore-invariant.js';
import { countEffects, isAtRest } from './explore-world-invariants.js';
import type { World } from './explore-world.js';

/** What an invariant of the author's looks at, in every state. */
export interface ExploredWorld<Input = unknown, Steps = Record<string, unknown>, Output = unknown> {
  readonly input: Input;
  readonly status: SagaStatus;
  readonly isPaused: boolean;
  /** No message is under way and no timer runs: what is left is for a person, or nothing. */
  readonly isAtRest: boolean;
  readonly output: Output | undefined;
  readonly failure: Failure | undefined;
  readonly parked: Parking | undefined;
  /** Where a step stands, as the saga knows it. */
  step(name: keyof Steps & string): StepStatus;
  /** How often a step took effect at its participant, and how often that was undone. The saga may not know it yet. */
  effects(name: keyof Steps & string): { readonly done: number; readonly undone: number };
}

/** An invariant of the author's own. */
export interface ExploreInvariant<Input = unknown, Steps = Record<string, unknown>, Output = unknown> {
  readonly name: string;
  /** `true` where it holds; otherwise `false`, or what is wrong. */
  readonly check: (world: ExploredWorld<Input, Steps, Output>) => boolean | string;
}

export function authorInvariant({ name, check }: ExploreInvariant): Invariant {
  return {
    name,
    check: ({ world }) => {
      const { instance } = world;
      const { status, failure, parked, pausedAt } = instance.state;
      const answer = check({
        input: instance.input,
        status,
        isPaused: pausedAt !== undefined,
        isAtRest: isAtRest(world),
        output: instance.output,
        failure,
        parked,
        step: (step) => stepStateOf(instance.state, step).status,
        effects: (step) => ({ done: countAll(world, step, 'do'), undone: countAll(world, step, 'undo') }),
      });
      if (answer === true) return undefined;
      return typeof answer === 'string' ? answer : `'${name}' does not hold`;
    },
  };
}

/** Of a list: how often its items took effect, together. */
function countAll(world: World, step: string, direction: Direction): number {
  const items = world.instance.bodies[step]?.items ?? [];
  const ofItems = items.map((_, index) => countEffects(world, itemKey(step, index), direction));
  return ofItems.reduce((sum, each) => sum + each, countEffects(world, step, direction));
}
