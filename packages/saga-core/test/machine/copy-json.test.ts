import { expect, it } from 'vitest';
import fc from 'fast-check';
import { copyJson, extend, lazily, roughBytes } from '../../src/machine/copy-json.js';

it('copies as JSON does', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const copied = copyJson(value);
      expect(JSON.stringify(copied)).toBe(JSON.stringify(value));
      if (typeof value === 'object' && value !== null) expect(copied).not.toBe(value);
      expect(roughBytes(value)).toBeGreaterThanOrEqual(JSON.stringify(value).length / 6);
    }),
  );
  expect(copyJson({ a: undefined, b: [null] })).toStrictEqual({ b: [null] });
});

it('looks at a value when it is asked for it, and once', () => {
  let looks = 0;
  const context = lazily<{ input: object }>({
    input: () => {
      looks += 1;
      return {};
    },
  });
  const extended = extend(context, { index: 3 });
  expect(looks).toBe(0);
  expect(extended.input).toBe(extended.input);
  expect(extended.index).toBe(3);
  expect(looks).toBe(1);
  expect(Object.keys(extended)).toEqual(['input', 'index']);
});
