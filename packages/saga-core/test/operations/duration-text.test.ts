import { describe, expect, it } from 'vitest';
import { durationText } from '../../src/operations/duration-text.js';

describe('a duration in words', () => {
  it('is written in the units of a definition, and loses nothing', () => {
    expect([0, 500, 45_000, 5_400_000, 90_061_001].map(durationText)).toEqual([
      '0s',
      '500ms',
      '45s',
      '1h 30m',
      '1d 1h 1m 1s 1ms',
    ]);
  });
});
