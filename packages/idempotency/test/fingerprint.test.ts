import { expect, it } from 'vitest';
import { fingerprintOf } from '../src/index.js';

it('is the same whatever the order of properties, at any depth', () => {
  expect(fingerprintOf({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(fingerprintOf({ b: [{ d: 3, c: 2 }], a: 1 }));
});

it('differs with the order of a list, the type of a value, and between text, bytes and JSON', () => {
  const all = [[1, 2], [2, 1], ['1', 2], 'a', Buffer.from('a'), null, {}, '{}', { a: null }].map((payload) =>
    fingerprintOf(payload),
  );
  expect(new Set(all).size).toBe(all.length);
});

it('is SHA-256 in hexadecimal, and an HMAC with a secret', () => {
  expect(fingerprintOf('a')).toMatch(/^[0-9a-f]{64}$/);
  expect(fingerprintOf('a', 'one')).not.toBe(fingerprintOf('a', 'two'));
  expect(fingerprintOf('a', 'one')).not.toBe(fingerprintOf('a'));
});

it('refuses a ring, and nesting that no stack can follow', () => {
  const ring: Record<string, unknown> = {};
  ring['self'] = ring;
  const invalid = expect.objectContaining({ code: 'FINGERPRINT_INVALID' });
  expect(() => fingerprintOf(ring)).toThrowError(invalid);
  expect(() => fingerprintOf(JSON.parse('['.repeat(200_000) + ']'.repeat(200_000)))).toThrowError(invalid);
  expect(() => fingerprintOf(undefined)).toThrowError(invalid);
  expect(() => fingerprintOf(() => 1)).toThrowError(invalid);
});
