import { newInstance, type SagaStatus } from '../machine/instance.js';
import { diagramOf, pathOf } from './explore-diagram.js';
import type { Invariant } from './explore-invariant.js';
import type { Line, Move } from './explore-move.js';
import { movesFrom } from './explore-moves.js';
import type { ExplorePlan } from './explore-plan.js';
import { type World, worldKey } from './explore-world.js';
import { isAtRest } from './explore-world-invariants.js';

export interface SearchBounds {
  readonly maxStates: number;
  readonly maxDepth: number;
  readonly ofMoves: readonly Invariant[];
  readonly ofWorlds: readonly Invariant[];
}

/** Which bounds had a say: without them there would have been more to see. */
export type ExploreBound = 'maxFaults' | 'maxStates' | 'maxDepth';

export interface ExploreViolation {
  readonly invariant: string;
  readonly message: string;
  /** The shortest way there, one line a move. */
  readonly path: readonly string[];
  /** The same as a sequence diagram in Mermaid's language. */
  readonly diagram: string;
}

export interface Found {
  /** Different worlds. */
  readonly states: number;
  /** Moves that were tried. */
  readonly transitions: number;
  /** How many states at rest are which. */
  readonly terminal: Readonly<Record<TerminalKind, number>>;
  readonly cutBy: readonly ExploreBound[];
  readonly violations: readonly ExploreViolation[];
}
export type TerminalKind = 'completed' | 'compensated' | 'parked' | 'paused';

/** How a world was reached. `index` counts among the moves of the world before. */
interface Node {
  readonly before: Node | null;
  readonly index: number;
  readonly depth: number;
  readonly world: World;
}

interface Progress {
  /** With how few faults a world was reached: with fewer of them it has more of a future. */
  readonly seen: Map<string, number>;
  readonly terminal: Record<TerminalKind, number>;
  readonly cutBy: Set<ExploreBound>;
  transitions: number;
}

/** Breadth first, so that the first violation has a shortest history; it ends the search. */
export function search(plan: ExplorePlan, bounds: SearchBounds): Found {
  const terminal = { completed: 0, compensated: 0, parked: 0, paused: 0 };
  const progress: Progress = { seen: new Map(), terminal, cutBy: new Set(), transitions: 0 };
  let violation: ExploreViolation | undefined;
  let layer: readonly Node[] = [{ before: null, index: 0, depth: 0, world: firstWorld(plan) }];
  while (layer.length > 0 && violation === undefined && !progress.cutBy.has('maxStates')) {
    const next: Node[] = [];
    for (const node of layer) {
      violation = expand(plan, bounds, { node, next, progress });
      if (violation !== undefined || progress.cutBy.has('maxStates')) break;
    }
    layer = next;
  }
  const { seen, cutBy, transitions } = progress;
  const violations = violation === undefined ? [] : [violation];
  return { states: seen.size, transitions, terminal, cutBy: [...cutBy], violations };
}

interface Expansion {
  readonly node: Node;
  /** Where what is new is put. */
  readonly next: Node[];
  readonly progress: Progress;
}

function expand(
  plan: ExplorePlan,
  { maxStates, maxDepth, ofMoves, ofWorlds }: SearchBounds,
  { node, next, progress }: Expansion,
): ExploreViolation | undefined {
  const { seen, cutBy, terminal } = progress;
  if (node.world.faults >= plan.maxFaults) cutBy.add('maxFaults');
  for (const [index, move] of movesFrom(plan, node.world).entries()) {
    progress.transitions += 1;
    const world = move.after;
    const reached: Node = { before: node, index, depth: node.depth + 1, world };
    const key = worldKey(world);
    const faults = seen.get(key);
    // A world that was seen keeps what holds of worlds; the way into it may still be wrong.
    const violation = violated(plan, faults === undefined ? [...ofMoves, ...ofWorlds] : ofMoves, {
      move,
      node: reached,
    });
    if (faults === undefined) {
      if (violation === undefined && seen.size >= maxStates) {
        cutBy.add('maxStates');
        return undefined;
      }
      seen.set(key, world.faults);
      count(terminal, world);
    }
    if (violation !== undefined) return violation;
    if (faults !== undefined && faults <= world.faults) continue;
    seen.set(key, world.faults);
    if (reached.depth < maxDepth) next.push(reached);
    else cutBy.add('maxDepth');
  }
  return undefined;
}

function firstWorld({ definition, input }: ExplorePlan): World {
  return {
    instance: newInstance(definition, { id: 'explored', input, now: 0 }),
    nowMs: 0,
    faults: 0,
    letters: [],
    rows: [],
    calls: [],
    children: [],
    fences: {},
    effects: {},
    waived: [],
    signalled: [],
  };
}

function count(terminal: Record<TerminalKind, number>, world: World): void {
  if (!isAtRest(world)) return;
  const kind = terminalKind(world.instance.state.status, world.instance.state.pausedAt !== undefined);
  if (kind !== undefined) terminal[kind] += 1;
}

function terminalKind(status: SagaStatus, isPaused: boolean): TerminalKind | undefined {
  if (status === 'running' || status === 'compensating') return isPaused ? 'paused' : undefined;
  return status;
}

function violated(
  plan: ExplorePlan,
  invariants: readonly Invariant[],
  { move, node }: { readonly move: Move; readonly node: Node },
): ExploreViolation | undefined {
  for (const { name, check } of invariants) {
    const message = check({ plan, move, world: move.after });
    if (message === undefined) continue;
    const history = historyOf(plan, node);
    return { invariant: name, message, path: pathOf(history), diagram: diagramOf(plan.definition, history, message) };
  }
  return undefined;
}

/** Moves are told only here: each is made once more from the world before it. */
function historyOf(plan: ExplorePlan, last: Node): readonly (readonly Line[])[] {
  const nodes: Node[] = [];
  for (let node: Node | null = last; node !== null; node = node.before) nodes.unshift(node);
  return nodes.flatMap(({ before, index }) => (before === null ? [] : [tellMove(plan, before, index)]));
}

function tellMove(plan: ExplorePlan, before: Node, index: number): readonly Line[] {
  return movesFrom(plan, before.world)[index]?.tell() ?? [];
}
