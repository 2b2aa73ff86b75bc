import type { SagaInstance } from '../machine/instance.js';
import type { SagaInput } from '../machine/saga-input.js';
import type { Transition } from '../machine/transition.js';
import type { World } from './explore-world.js';

/** One thing that can happen in a world. */
export interface Move {
  readonly after: World;
  /** What the machine was asked on the way. */
  readonly applied: readonly Applied[];
  /** For people. Asked only of the moves of a counterexample. */
  readonly tell: () => readonly Line[];
}

/** One input through the machine. */
export interface Applied {
  readonly before: SagaInstance;
  readonly input: SagaInput;
  readonly nowMs: number;
  readonly moved: Transition;
}

/** A line of a sequence diagram. Names are those of the saga, `operator`, `broker` and the participants. */
export type Line =
  | { readonly kind: 'arrow'; readonly from: string; readonly to: string; readonly text: string; readonly lost?: true }
  | { readonly kind: 'note'; readonly over: string; readonly text: string };

export function note(over: string, text: string): Line {
  return { kind: 'note', over, text };
}

export function arrow(from: string, to: string, text: string): Line {
  return { kind: 'arrow', from, to, text };
}

export function lostArrow(from: string, to: string, text: string): Line {
  return { kind: 'arrow', from, to, text, lost: true };
}
