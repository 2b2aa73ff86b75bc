import { expect, it } from 'vitest';
import { knexMigrationSource, type MigrationComponent, migrationSql } from '../src/index.js';

const shelf: MigrationComponent = {
  component: 'library',
  migrations: [
    { number: 1, name: 'shelf', sql: 'create table {{schema}}.shelf (id text);' },
    { number: 2, name: 'book', sql: '--! breaking\ncreate table {{schema}}.book (id text);' },
  ],
};

it('puts each ledger row before its migration, in the schema that was asked for', () => {
  const text = migrationSql({ schema: 'shop', components: [shelf] });
  expect(text.indexOf('create table "shop".shelf')).toBeGreaterThan(text.indexOf("values ('library', 1, 'shelf'"));
  expect(text).toMatch(/values \('library', 2, 'book', '[0-9a-f]{64}', true\)/);
  expect(text).not.toContain('{{schema}}');
  expect(text.startsWith('begin;')).toBe(true);
  expect(text.endsWith('commit;\n')).toBe(true);
});

it('leaves out what has been applied', () => {
  const text = migrationSql({ components: [shelf], after: { library: 1 } });
  expect(text).not.toContain('create table "backstitch".shelf');
  expect(text).toContain('create table "backstitch".book');
});

it.each([
  ['a gap in the numbers', { component: 'library', migrations: [{ number: 2, name: 'shelf', sql: 'x {{schema}}' }] }],
  ['a name with a quote', { component: 'library', migrations: [{ number: 1, name: "o'shelf", sql: 'x {{schema}}' }] }],
  ['a component with a quote', { component: "o'library", migrations: [] }],
  [
    'SQL that never names the schema',
    { component: 'library', migrations: [{ number: 1, name: 'shelf', sql: 'create table shelf ()' }] },
  ],
])('refuses %s', (_what, component) => {
  const invalid = expect.objectContaining({ code: 'MIGRATION_INVALID' });
  expect(() => migrationSql({ components: [component] })).toThrowError(invalid);
  expect(() => knexMigrationSource([component])).toThrowError(invalid);
});

it('refuses a schema name that would need quoting', () => {
  const invalid = expect.objectContaining({ code: 'IDENTIFIER_INVALID', fields: { schema: 'a"; drop' } });
  expect(() => migrationSql({ schema: 'a"; drop', components: [shelf] })).toThrowError(invalid);
});
