import { type RunOptions, type RunReport, runTape } from './run-seed.js';

/**
 * Makes a failing run simpler: stretches of its tape are chosen dull (0: no fault, the first in line) as long as the same promise is still broken
 * (after Hypothesis's shrinking of choices, MacIver and Donaldson, 2020). Answers the simplest run that was found, word for word.
 */
export async function shrinkTape(tape: readonly number[], { atMostRuns, mutant }: ShrinkOptions): Promise<RunReport> {
  const promiseOf = ({ violations }: RunReport): string => (violations[0] ?? '').split(':')[0] ?? '';
  let best = await runTape(tape, { mutant, keepsWords: true });
  const broken = promiseOf(best);
  let runs = 1;
  for (let size = Math.ceil(best.tape.length / 2); size >= 1 && runs < atMostRuns; size = Math.floor(size / 2)) {
    for (let from = 0; from < best.tape.length && runs < atMostRuns; from += size) {
      const stretch = best.tape.slice(from, from + size);
      if (stretch.every((each) => each === 0)) continue;
      const dull = [...best.tape.slice(0, from), ...stretch.map(() => 0), ...best.tape.slice(from + size)];
      runs += 1;
      const candidate = await runTape(dull, { mutant, keepsWords: true });
      if (candidate.violations.length > 0 && promiseOf(candidate) === broken) best = candidate;
    }
  }
  return best;
}

export interface ShrinkOptions extends Pick<RunOptions, 'mutant'> {
  readonly atMostRuns: number;
}
