import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describedCodes, errorCodesOf, mentionedCodes } from '../error-codes.js';
import { foldersOf, parse, root, sourceFiles } from '../source-tree.js';
import { testUntidiness, untidiness } from '../tidy-rules.js';

const packages = foldersOf('packages');
const projects = [...packages, ...foldersOf('examples'), 'bench'];

describe('sources are tidy', () => {
  it.each(projects)('%s/src', (folder) => {
    expect(sourceFiles(`${folder}/src`).flatMap(untidiness)).toEqual([]);
  });

  it.each(projects)('%s/test', (folder) => {
    expect(sourceFiles(`${folder}/test`).flatMap(testUntidiness)).toEqual([]);
  });

  it('tooling, but for the rules themselves', () => {
    const files = sourceFiles('tooling').filter((file) => !file.path.includes('tidy'));
    expect(files.flatMap(testUntidiness)).toEqual([]);
  });
});

describe('error codes', () => {
  const reference = join(root, 'docs/reference/errors.md');
  const written = existsSync(reference);
  const catalogues = packages
    .filter((folder) => existsSync(join(root, folder, 'src/errors.ts')))
    .map((folder) => ({ folder, codes: errorCodesOf(parse('errors.ts', read(folder, 'src/errors.ts'))) }));

  it.runIf(written).each(catalogues)('of $folder are documented', ({ folder, codes }) => {
    const known = mentionedCodes(`${readFileSync(reference, 'utf8')}\n${read(folder, 'README.md')}`);
    expect(codes.filter((code) => !known.has(code))).toEqual([]);
  });

  it.runIf(written)('that are documented exist', () => {
    const known = new Set(catalogues.flatMap(({ codes }) => codes));
    expect(describedCodes(readFileSync(reference, 'utf8')).filter((code) => !known.has(code))).toEqual([]);
  });
});

describe('the rules bite', () => {
  it.each([
    ['export default function f() {}', 'a default export'],
    ['const a = 1;\nexport default a;', 'a default export'],
    ["export * from './a.js';", 'export *'],
    ["export * as a from './a.js';", 'export *'],
    ['export enum A { B }', 'an enum'],
    [`export function f() {\n${'  g();\n'.repeat(70)}}`, 'a function of 72 lines'],
    ['// a\n'.repeat(401), '401 lines'],
    [`// ${'TO'}DO later`, 'TODO'],
    [` * ${'FIX'}ME`, 'FIXME'],
    [`// @${'ts'}-ignore`, 'ignore'],
  ])('%.40j: %s', (text, fault) => {
    expect(untidiness(parse('packages/x/src/a.ts', text)).join()).toContain(fault);
  });

  it.each(['packages/x/src/utils.ts', 'packages/x/src/helpers/a.ts', 'packages/x/src/common.ts'])('%s', (path) => {
    expect(untidiness(parse(path, ''))).toHaveLength(1);
  });

  it.each(['it', 'test', 'describe'])('%s.only and .skip', (name) => {
    const path = 'packages/x/test/a.test.ts';
    expect(testUntidiness(parse(path, `${name}.only('a', () => {});`))).toHaveLength(1);
    expect(testUntidiness(parse(path, `${name}.skip('a', () => {});`))).toHaveLength(1);
    expect(testUntidiness(parse(path, `${name}.skipIf(true)('a', () => {});`))).toEqual([]);
  });

  it('leaves a function of seventy lines alone', () => {
    const text = `export function f() {\n${'  g();\n'.repeat(68)}}`;
    expect(untidiness(parse('packages/x/src/a.ts', text))).toEqual([]);
  });
});

function read(folder: string, name: string): string {
  const path = join(root, folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
