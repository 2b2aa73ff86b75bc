import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultRetry } from '../../src/definition/retry-policy.js';
import { backoffMs } from '../../src/machine/backoff.js';

const plain = { ...defaultRetry, jitter: 'none' } as const;

describe('a backoff', () => {
  it('grows by its factor up to its cap', () => {
    const waits = [1, 2, 3, 6, 7, 8, 1_000_000].map((attempt) => backoffMs(plain, 's/a/1/do', attempt));
    expect(waits).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it('is a whole number of milliseconds, jittered within nothing and its length', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 1, max: 1_000 }),
        fc.double({ min: 1, max: 10, noNaN: true }),
        (id, attempt, factor) => {
          const wait = backoffMs({ ...defaultRetry, factor }, id, attempt);
          expect(Number.isSafeInteger(wait)).toBe(true);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(backoffMs({ ...plain, factor }, id, attempt));
        },
      ),
    );
  });

  it('is the same in every process, and differs from command to command and from attempt to attempt', () => {
    expect(backoffMs(defaultRetry, 's/a/1/do', 9)).toBe(backoffMs(defaultRetry, 's/a/1/do', 9));
    const others = Array.from({ length: 200 }, (_, index) => backoffMs(defaultRetry, `s${index}/a/1/do`, 9));
    expect(new Set(others).size).toBeGreaterThan(190);
    const attempts = Array.from({ length: 200 }, (_, index) => backoffMs(defaultRetry, 's/a/1/do', 9 + index));
    expect(new Set(attempts).size).toBeGreaterThan(190);
  });

  it('spreads instances over the whole wait', () => {
    const waits = Array.from({ length: 1_000 }, (_, index) => backoffMs(defaultRetry, `s${index}/a/1/do`, 9));
    const tenths = Array.from(
      { length: 10 },
      (_, tenth) => waits.filter((wait) => Math.floor(wait / 6_000) === tenth).length,
    );
    for (const share of tenths) expect(share).toBeGreaterThan(50);
  });
});
