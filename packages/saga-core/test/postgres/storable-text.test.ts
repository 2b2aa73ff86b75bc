import { describe, expect, it } from 'vitest';
import { requireStorable, storableText } from '../../src/postgres/storable-text.js';

describe('text that comes from outside', () => {
  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['a\0b', 'a\ufffdb'],
    ['a\ud800b', 'a\ufffdb'],
    ['\ud83e\uddf5', '\ud83e\uddf5'],
  ])('is kept as far as Postgres can hold it: %j', (given, stored) => {
    expect(storableText(given, 100)).toBe(stored);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('is cut to %i bytes between characters', (maxBytes) => {
    const cut = storableText('aü\ud83e\uddf5b\0', maxBytes);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(maxBytes);
    expect(cut.startsWith('aü\ud83e\uddf5'.slice(0, cut.length)) || cut.includes('\ufffd')).toBe(true);
  });

  it('is refused with the field, its length and what was found, where it is a key', () => {
    const demand = { code: 'INPUT_INVALID', field: 'key', maxLength: 4 } as const;
    expect(requireStorable('abcd', demand)).toBe('abcd');
    expect(() => requireStorable('a\0', demand)).toThrowError(
      expect.objectContaining({ code: 'INPUT_INVALID', fields: { field: 'key', length: 2, found: '"a\\u0000"' } }),
    );
    expect(() => requireStorable('abcde', demand)).toThrowError(
      expect.objectContaining({ fields: { field: 'key', length: 5 } }),
    );
    expect(() => requireStorable('', demand)).toThrowError(expect.objectContaining({ code: 'INPUT_INVALID' }));
  });
});
