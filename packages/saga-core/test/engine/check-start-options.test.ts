import { expect, it } from 'vitest';
import { checkStartOptions } from '../../src/engine/check-start-options.js';

it('takes no key and no tags for what they are', () => {
  expect(checkStartOptions({ idempotencyKey: undefined, tags: undefined })).toEqual({ startKey: null, tags: {} });
  expect(checkStartOptions({ idempotencyKey: 'o1', tags: { customer: '' } })).toEqual({
    startKey: 'o1',
    tags: { customer: '' },
  });
});

it.each([
  ['', '""'],
  ['x'.repeat(256), expect.stringContaining('x'.repeat(199))],
  [7, '7'],
  [2n, '2n'],
  [Number.NaN, 'NaN'],
  [['a'], '["a"]'],
  [() => 'a', 'a function'],
])('names a key that is none (case %#)', (idempotencyKey, found) => {
  expect(() => checkStartOptions({ idempotencyKey, tags: {} })).toThrowError(
    expect.objectContaining({ code: 'OPTION_INVALID', fields: { field: 'idempotencyKey', found } }),
  );
});

it.each([
  ['order', 'tags', '"order"'],
  [['a'], 'tags', '["a"]'],
  [{ order: undefined }, 'tags.order', 'undefined'],
  [{ order: 7 }, 'tags.order', '7'],
  [{ order: { id: 1n } }, 'tags.order', 'an object without JSON'],
])('names the tag that is none (case %#)', (tags, field, found) => {
  expect(() => checkStartOptions({ idempotencyKey: undefined, tags })).toThrowError(
    expect.objectContaining({ code: 'OPTION_INVALID', fields: { field, found } }),
  );
});
