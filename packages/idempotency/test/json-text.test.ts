import { expect, it } from 'vitest';
import { toJsonText } from '../src/json-text.js';

it('is JSON, with what is undefined left out', () => {
  expect(toJsonText({ a: [1, 'x', null, true], b: undefined })).toBe('{"a":[1,"x",null,true]}');
  expect(toJsonText(undefined)).toBeNull();
  expect(toJsonText(null)).toBe('null');
  expect(toJsonText(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}');
});

it.each([
  ['a date', { at: new Date(0) }, 'at', 'Date'],
  ['a map', [new Map()], '0', 'Map'],
  ['NaN', { a: { b: Number.NaN } }, 'a.b', 'number'],
  ['infinity', Number.POSITIVE_INFINITY, '', 'number'],
  ['a bigint', [1n], '0', 'bigint'],
  ['a function', { run: () => 1 }, 'run', 'function'],
  ['undefined in a list', [undefined], '0', 'undefined'],
  ['a class of its own', new (class Money {})(), '', 'Money'],
  ['an object that says how it is JSON', { a: { toJSON: () => 1 } }, 'a', 'Object'],
])('refuses %s', (_what, value, path, found) => {
  expect(() => toJsonText(value)).toThrowError(
    expect.objectContaining({ code: 'RESULT_NOT_JSON', fields: { path, found } }),
  );
});

it('refuses a ring', () => {
  const ring: unknown[] = [];
  ring.push(ring);
  expect(() => toJsonText(ring)).toThrowError(expect.objectContaining({ code: 'RESULT_NOT_JSON' }));
});
