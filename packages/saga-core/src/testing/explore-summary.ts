import type { ExplorePlan } from './explore-plan.js';
import type { Found } from './explore-search.js';

/** What was seen and what that is worth, in words. */
export function summaryOf({ definition, maxFaults }: ExplorePlan, found: Found): string {
  const { states, transitions, terminal, cutBy, violations } = found;
  const { completed, compensated, parked, paused } = terminal;
  const cut = cutBy.length === 0 ? 'no bound: there is nothing more to see' : cutBy.join(', ');
  const lines = [
    `saga '${definition.name}': ${states} states by ${transitions} moves, with at most ${maxFaults} faults in one history`,
    `at rest: ${completed} completed, ${compensated} compensated, ${parked} parked, ${paused} paused; cut by ${cut}`,
    'explored is the orchestration: the machine, the fence and your payload functions. Your handlers, local functions and SQL did not run.',
  ];
  const [violation] = violations;
  if (violation === undefined) return [...lines, 'no violation'].join('\n');
  const { invariant, message, diagram, path } = violation;
  return [...lines, `VIOLATED after ${path.length} moves: ${invariant}`, message, '', diagram].join('\n');
}
