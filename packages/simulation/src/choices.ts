/**
 * Where every choice of a run comes from. One number is drawn a choice and kept on a tape, so that a run can be had again from its seed, and a
 * failing one be made simpler by choosing 0 in more and more places. 0 is therefore always the dull answer: no fault, the first in line.
 */
export interface Choices {
  /** At least 0, less than 1. */
  unit(): number;
  /** A whole number, at least 0, less than `below`. */
  below(below: number): number;
  chance(probability: number): boolean;
  /** One of them; the first is the dull one. */
  one<T>(options: readonly [T, ...T[]]): T;
  /** What was drawn so far. */
  tape(): readonly number[];
}

/** Mulberry32 (Tommy Ettinger), as `createSeededRandom` of messaging: the same seed gives the same numbers on every machine. */
export function seededChoices(seed: number): Choices {
  let state = seed >>> 0;
  return choicesFrom(() => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  });
}

/** What stands on the tape, and dull answers beyond its end. */
export function tapedChoices(tape: readonly number[]): Choices {
  let at = 0;
  return choicesFrom(() => tape[at++] ?? 0);
}

function choicesFrom(next: () => number): Choices {
  const drawn: number[] = [];
  const unit = (): number => {
    const value = next();
    drawn.push(value);
    return value;
  };
  const below = (limit: number): number => Math.floor(unit() * limit);
  return {
    unit,
    below,
    // Nothing is drawn where nothing can happen. A fault lies at the upper end: 0 on a tape is none.
    chance: (probability) => probability > 0 && unit() >= 1 - probability,
    one: (options) => options[below(options.length)] as (typeof options)[0],
    tape: () => drawn,
  };
}
