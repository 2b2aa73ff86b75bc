import type { Failure } from '../definition/step-context.js';
import type { Parking } from '../machine/instance.js';
import type { Direction } from '../machine/saga-input.js';

/** Something that is begun: a command that is sent, a function that is run. All of its attempts are one. */
export interface CourseAction {
  readonly step: string;
  readonly direction: Direction;
  /** A command's name (`inventory.reserve`, `backstitch.tombstone` for an undo that only fences), `local`, `call` or `saga <name>` of a child. */
  readonly what: string;
  readonly attempts: number;
  /** Milliseconds since the start. */
  readonly firstAtMs: number;
}

/** What ends a wait that the definition does not end. */
export type Bound =
  /** A command older than its participant remembers is not sent again: the instance is parked (`COMMAND_TOO_OLD`). */
  | { readonly kind: 'fence retention'; readonly ms: number }
  /** Only a verb: nothing else. */
  | { readonly kind: 'operator' };

/** A wait without an end: a retry policy that is for ever, or a signal without a timeout. */
export interface EndlessWait {
  readonly step: string;
  readonly direction: Direction;
  readonly because: 'retried for ever' | 'waits for ever';
  readonly until: Bound;
}

/** What happens, from the start to the end. */
export interface Course {
  readonly end: 'completed' | 'compensated' | 'parked' | 'retried for ever';
  /** Milliseconds to the end; where `endless` is not empty, without what lies in those waits; without meaning where there is no end. */
  readonly ms: number;
  readonly endless: readonly EndlessWait[];
  readonly failure: Failure | undefined;
  readonly parked: Parking | undefined;
  readonly actions: readonly CourseAction[];
  /** Steps in the order in which they were undone. */
  readonly undone: readonly string[];
  /** Steps whose effect stays although the saga was undone: their author said 'nothing to undo'. */
  readonly kept: readonly string[];
}
