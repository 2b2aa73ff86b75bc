import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Duration, parseDuration } from '../../src/definition/duration.js';

describe('a duration', () => {
  it.each<[Duration, number]>([
    ['0ms', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5s', 1_500],
    ['15m', 900_000],
    ['2h', 7_200_000],
    ['90d', 7_776_000_000],
    ['36525d', 3_155_760_000_000],
  ])('%s is %d milliseconds', (text, ms) => {
    expect(parseDuration(text, 'timeout')).toBe(ms);
  });

  it('is a whole number of milliseconds', () => {
    expect(parseDuration('0.0004s', 'timeout')).toBe(0);
    expect(parseDuration('1.6ms', 'timeout')).toBe(2);
    fc.assert(
      fc.property(fc.nat({ max: 1_000 }), fc.constantFrom('ms', 's', 'm', 'h', 'd'), (amount, unit) => {
        expect(Number.isSafeInteger(parseDuration(`${amount / 8}${unit}`, 'timeout'))).toBe(true);
      }),
    );
  });

  it.each([
    '',
    '30',
    's',
    '-1s',
    '+1s',
    '1e3s',
    '1 s',
    '30 seconds',
    '1s ',
    '1w',
    '.5s',
    '1.s',
    'Infinitys',
    'NaNs',
    '36526d',
    '99999999999h',
  ])('is not %j', (text) => {
    expect(() => parseDuration(text, 'hold.timeout')).toThrow(
      expect.objectContaining({
        code: 'DURATION_INVALID',
        fields: { field: 'hold.timeout', value: text },
        hint: expect.stringContaining('30s'),
      }),
    );
  });
});
