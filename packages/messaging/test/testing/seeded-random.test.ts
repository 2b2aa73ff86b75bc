import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../src/testing/index.js';

const draws = (seed: number): number[] => {
  const random = createSeededRandom(seed);
  return Array.from({ length: 1_000 }, () => random.next());
};

describe('seeded randomness', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    expect(draws(7)).toEqual(draws(7));
    expect(draws(7)).not.toEqual(draws(8));
  });

  it('stays in [0, 1) and spreads over it', () => {
    const numbers = draws(42);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    expect(mean).toBeCloseTo(0.5, 1);
  });

  it('shuffles without losing or changing the original', () => {
    const items = Array.from({ length: 50 }, (_, at) => at);
    const shuffled = createSeededRandom(1).shuffle(items);
    expect(shuffled).not.toEqual(items);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(items);
  });

  it('draws nothing for what cannot happen', () => {
    const random = createSeededRandom(3);
    expect(random.chance(0)).toBe(false);
    expect(random.next()).toBe(draws(3)[0]);
  });
});
