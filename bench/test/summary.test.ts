import { expect, it } from 'vitest';
import { percentile, spread } from '../src/summary.js';

it('answers a percentile that was measured, by nearest rank', () => {
  const values = [5, 1, 4, 2, 3];
  expect(percentile(values, 0.5)).toBe(3);
  expect(percentile(values, 0.99)).toBe(5);
  expect(percentile([7], 0.5)).toBe(7);
});

it('tells the median with the range, between two values where their count is even', () => {
  expect(spread([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 });
  expect(spread([4, 1, 2, 3])).toEqual({ median: 2.5, least: 1, most: 4 });
});
