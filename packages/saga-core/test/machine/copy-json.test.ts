import { expect, it } from 'vitest';
import fc from 'fast-check';
import { copyJson, roughBytes } from '../../src/machine/copy-json.js';

it('copies as JSON does', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const copied = copyJson(value);
      expect(JSON.stringify(copied)).toBe(JSON.stringify(value));
      if (typeof value === 'object' && value !== null) expect(copied).not.toBe(value);
      expect(roughBytes(value)).toBeGreaterThanOrEqual(JSON.stringify(value).length / 6);
    }),
    { numRuns: 40 },
  );
  const hostile = '{"__proto__":{"a":[1]},"constructor":2}';
  expect(JSON.stringify(copyJson(JSON.parse(hostile)))).toBe(hostile);
  expect(copyJson({ a: undefined, b: [null] })).toStrictEqual({ b: [null] });
});
