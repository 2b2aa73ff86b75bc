import type { Move } from './explore-move.js';
import type { ExplorePlan } from './explore-plan.js';
import type { World } from './explore-world.js';

/** Something that must hold. Answers what is wrong, in words. */
export interface Invariant {
  readonly name: string;
  readonly check: (about: Looked) => string | undefined;
}

/** A move and what it led to. */
export interface Looked {
  readonly plan: ExplorePlan;
  readonly move: Move;
  readonly world: World;
}
