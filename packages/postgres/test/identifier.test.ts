import { expect, it } from 'vitest';
import { quoteIdentifier, validateSchemaName } from '../src/index.js';

const invalid = expect.objectContaining({ code: 'IDENTIFIER_INVALID' });

it('doubles the quotes inside an identifier', () => {
  expect(quoteIdentifier('order')).toBe('"order"');
  expect(quoteIdentifier('a"b')).toBe('"a""b"');
});

it.each(['', 'a\0b', 'x'.repeat(64), 'ä'.repeat(32)])(
  'refuses the identifier %j, which Postgres would cut or cannot hold',
  (name) => {
    expect(() => quoteIdentifier(name)).toThrowError(invalid);
  },
);

it.each(['backstitch', '_a1', 'x'.repeat(63)])('accepts the schema %s', (name) => {
  expect(validateSchemaName(name)).toBe(name);
});

it.each(['', 'Backstitch', '1a', 'a-b', 'a b', 'x'.repeat(64), 'pg_mine', 'a\n'])('refuses the schema %j', (name) => {
  expect(() => validateSchemaName(name)).toThrowError(invalid);
});
