/** Randomness that can be had again: the same seed gives the same numbers on every machine. */
export interface SeededRandom {
  /** At least 0, less than 1. */
  next(): number;
  /** A whole number, at least 0, less than `below`. */
  integer(below: number): number;
  chance(probability: number): boolean;
  /** A new array in another order. */
  shuffle<T>(items: readonly T[]): T[];
}

/** Mulberry32 (Tommy Ettinger): 32 bits of state, good enough to choose faults with, not for secrets. */
export function createSeededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const integer = (below: number): number => Math.floor(next() * below);
  return {
    next,
    integer,
    // Nothing is drawn where nothing can happen, so that a fault switched off does not shift the draws of the others.
    chance: (probability) => probability > 0 && next() < probability,
    shuffle(items) {
      const shuffled = [...items];
      for (let last = shuffled.length - 1; last > 0; last--) {
        const other = integer(last + 1);
        const moved = shuffled[last] as (typeof shuffled)[number];
        shuffled[last] = shuffled[other] as (typeof shuffled)[number];
        shuffled[other] = moved;
      }
      return shuffled;
    },
  };
}
