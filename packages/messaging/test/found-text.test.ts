import { expect, it } from 'vitest';
import { foundText } from '../src/index.js';

const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;
let deep: unknown = 1;
for (let depth = 0; depth < 50_000; depth += 1) deep = [deep];

it.each([
  ['a\0', '"a\\u0000"'],
  ['\ud800', '"\\ud800"'],
  [undefined, 'undefined'],
  [null, 'null'],
  [Number.NaN, 'NaN'],
  [-1.5, '-1.5'],
  [2n ** 64n, '18446744073709551616n'],
  [Symbol('x'), 'Symbol(x)'],
  [() => 1, 'a function'],
  [{ a: [1] }, '{"a":[1]}'],
  [cycle, 'an object without JSON'],
  [deep, 'an object without JSON'],
  [{ toJSON: () => undefined }, 'an object without JSON'],
  [{ a: 1n }, 'an object without JSON'],
] as const)('tells case %# as it is', (value, text) => {
  expect(foundText(value)).toBe(text);
});

it('is short whatever is told', () => {
  expect(foundText('x'.repeat(10_000_000)).length).toBeLessThan(210);
  expect(foundText(Array.from({ length: 1_000 }, (_, index) => index)).length).toBeLessThan(210);
});
