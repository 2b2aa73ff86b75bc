import { expect, it } from 'vitest';
import { backoffMs } from '../../src/relay/backoff.js';

it('doubles up to the longest wait and cuts off at most a half', () => {
  const waits = (random: number) =>
    [1, 2, 3, 4, 50].map((failures) => backoffMs(failures, { firstMs: 100, longestMs: 500, random: () => random }));
  expect(waits(0)).toEqual([100, 200, 400, 500, 500]);
  expect(waits(0.5)).toEqual([75, 150, 300, 375, 375]);
});
