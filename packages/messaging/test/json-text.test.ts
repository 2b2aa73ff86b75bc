import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeJson, encodeJson, isLargePayload, MessagingError, payloadLimits } from '../src/index.js';

const limits = { what: 'request of inventory.reserve' };
const nested = (depth: number): unknown => Array.from({ length: depth }).reduce<unknown>((inner) => ({ inner }), 1);
const refusalOf = (value: unknown): MessagingError => {
  try {
    encodeJson(value, limits);
  } catch (error) {
    if (error instanceof MessagingError) return error;
    throw error;
  }
  throw new Error('it was encoded');
};
const cycle: Record<string, unknown> = { items: [] };
(cycle['items'] as unknown[]).push(cycle);
class Money {
  readonly cents = 5;
}

describe('encodeJson', () => {
  it('gives what JSON.stringify gives for every JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        fc.pre(!JSON.stringify(value).match(/__proto__|\\u0000|\\ud/));
        expect(encodeJson(value, limits)).toBe(JSON.stringify(value));
      }),
    );
  });

  it('leaves out undefined properties and takes objects without a prototype', () => {
    const bare = Object.assign(Object.create(null), { a: undefined, b: 1 });
    expect(encodeJson(bare, limits)).toBe('{"b":1}');
  });

  it('takes the same object twice, which is no cycle', () => {
    const sku = { sku: 'a' };
    expect(encodeJson([sku, sku], limits)).toBe('[{"sku":"a"},{"sku":"a"}]');
  });

  it.each([
    ['bigint', { items: [{ qty: 1n }] }, '/items/0/qty', 'bigint'],
    ['a function', { run: () => 1 }, '/run', 'function'],
    ['a symbol', [Symbol('s')], '/0', 'symbol'],
    ['a Date', { at: new Date(0) }, '/at', 'an instance of Date'],
    ['a Map', { 'a/b': { '~': new Map() } }, '/a~1b/~0', 'an instance of Map'],
    ['bytes', { data: Buffer.from('x') }, '/data', 'an instance of Buffer'],
    ['an instance', { price: new Money() }, '/price', 'an instance of Money'],
    ['a boxed number', { n: Object(1) }, '/n', 'an instance of Number'],
    ['NaN', { n: Number.NaN }, '/n', 'NaN'],
    ['Infinity', [[Number.NEGATIVE_INFINITY]], '/0/0', '-Infinity'],
    ['undefined in a list', [1, undefined], '/1', 'undefined in an array'],
    ['undefined', undefined, '', 'undefined'],
    ['a cycle', cycle, '/items/0', 'a cycle'],
    ['a key __proto__', JSON.parse('{"a":{"__proto__":1}}'), '/a/__proto__', 'a key "__proto__"'],
  ])('refuses %s with its path and a hint', (_, value, path, found) => {
    const error = refusalOf(value);
    expect(error).toMatchObject({ code: 'PAYLOAD_NOT_JSON', fields: { what: limits.what, path, found } });
    expect(error.hint).toBeTruthy();
    expect(error.message).toContain(path);
  });

  it.each([
    ['a NUL in a string', { items: ['a\0'] }, { path: '/items/0', found: 'NUL', in: 'string' }],
    ['a NUL in a key', { 'a\0': 1 }, { path: '/a\ufffd', found: 'NUL', in: 'key' }],
    ['half a pair of surrogates', { name: '\ud83d' }, { path: '/name', found: 'lone surrogate', in: 'string' }],
    ['a pair in the wrong order', ['\ude00\ud83d'], { path: '/0', found: 'lone surrogate', in: 'string' }],
    ['a lone surrogate in a key', { '\udc00': 1 }, { path: '/\ufffd', found: 'lone surrogate', in: 'key' }],
  ])('refuses %s', (_, value, fields) => {
    expect(refusalOf(value)).toMatchObject({ code: 'PAYLOAD_UNSTORABLE_TEXT', fields });
  });

  it('takes text that only looks like an escape', () => {
    const value = { text: 'a literal \\u0000 and \\ud800', emoji: '😀' };
    expect(JSON.parse(encodeJson(value, limits))).toEqual(value);
  });

  it('takes 64 levels, refuses 65 and does not overflow the stack on a hundred thousand', () => {
    expect(JSON.parse(encodeJson(nested(64), limits))).toEqual(nested(64));
    expect(refusalOf(nested(65))).toMatchObject({ code: 'PAYLOAD_TOO_DEEP', fields: { maxDepth: 64 } });
    expect(refusalOf(nested(100_000)).code).toBe('PAYLOAD_TOO_DEEP');
  });

  it('counts bytes in UTF-8, up to 1 MiB', () => {
    const full = 'é'.repeat((payloadLimits.maxBytes - 2) / 2);
    expect(Buffer.byteLength(encodeJson(full, limits))).toBe(payloadLimits.maxBytes);
    expect(refusalOf(`${full}a`)).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      fields: { bytes: payloadLimits.maxBytes + 1 },
    });
  });

  it('keeps a long path short and storable in its evidence', () => {
    const error = refusalOf({ ['k'.repeat(10_000)]: Number.NaN });
    expect(String(error.fields['path']).length).toBeLessThan(300);
  });
});

describe('decodeJson', () => {
  it('gives back every value that encodeJson took', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        fc.pre(!JSON.stringify(value).match(/__proto__|\\u0000|\\ud/));
        const text = encodeJson(value, limits);
        expect(decodeJson(text, limits)).toEqual({ kind: 'ok', value: JSON.parse(text) });
      }),
    );
  });

  it.each([
    ['broken text', '{"a":', /is not JSON/],
    ['empty text', '', /is not JSON/],
    ['a NUL', '{"a":["\\u0000"]}', /\/a\/0 has a string with a NUL/],
    ['a NUL in a key', '{"\\u0000":1}', /key with a NUL/],
    ['half a pair of surrogates', '"\\uD83D"', /lone surrogate/],
    ['a lone surrogate that is not escaped', '"\ud83d"', /lone surrogate/],
    ['a key __proto__', '{"a":{"__proto__":{"admin":true}}}', /\/a\/__proto__/],
    ['an escaped key __proto__', '{"\\u005f_proto__":1}', /__proto__/],
    ['a number that is too large', '[1e999]', /\/0 holds Infinity/],
    ['65 levels', '['.repeat(65) + ']'.repeat(65), /nested more than 64 deep/],
    ['a hundred thousand levels', '['.repeat(100_000) + ']'.repeat(100_000), /nested more than 64 deep/],
    ['a hundred thousand levels that do not end', '{"a":'.repeat(100_000), /is not JSON/],
    ['more than 1 MiB', `"${'x'.repeat(payloadLimits.maxBytes)}"`, /1048578 bytes/],
  ])('refuses %s', (_, text, reason) => {
    expect(decodeJson(text, limits)).toEqual({ kind: 'invalid', reason: expect.stringMatching(reason) });
  });

  it('takes whole pairs of surrogates, escaped or not', () => {
    expect(decodeJson('["\\ud83d\\ude00","😀"]', limits)).toEqual({ kind: 'ok', value: ['😀', '😀'] });
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(['ok', 'invalid']).toContain(decodeJson(text, limits).kind);
      }),
    );
  });

  it('does not quote the payload in its reason', () => {
    expect(JSON.stringify(decodeJson('{"card":"4111-secret', limits))).not.toContain('secret');
  });
});

describe('isLargePayload', () => {
  it('is true above 256 KiB of UTF-8', () => {
    expect(isLargePayload('é'.repeat(131_072))).toBe(false);
    expect(isLargePayload(`${'é'.repeat(131_072)}a`)).toBe(true);
  });
});
