import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { breaches, packageOf } from '../dependency-law.js';
import { importCycles } from '../import-cycles.js';
import { importsOf } from '../imports-of.js';
import { impurities } from '../purity-law.js';
import { foldersOf, parse, root, sourceFiles } from '../source-tree.js';

const packages = foldersOf('packages').filter((folder) => existsSync(join(root, folder, 'package.json')));
const libraries = packages.filter((folder) => folder !== 'packages/devkit');

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
}

describe('the dependency law', () => {
  it.each(libraries)('%s imports only what it may', (folder) => {
    expect(sourceFiles(`${folder}/src`).flatMap(breaches)).toEqual([]);
  });

  it.each(libraries)('%s declares what it imports, and nothing else', (folder) => {
    const { dependencies = {}, peerDependencies = {} } = manifestOf(folder);
    const files = sourceFiles(`${folder}/src`);
    const outside = files.flatMap(importsOf).filter((each) => !each.specifier.startsWith('.'));
    const used = new Set(outside.map((each) => packageOf(each.specifier)).filter((name) => !isBuiltin(name)));
    const declared = Object.keys({ ...dependencies, ...peerDependencies });
    expect([...used].filter((name) => !declared.includes(name))).toEqual([]);
    if (!isEmpty(files)) expect(Object.keys(dependencies).filter((name) => !used.has(name))).toEqual([]);
  });

  it.each(packages)('%s has no circle of imports', (folder) => {
    expect(importCycles(sourceFiles(`${folder}/src`))).toEqual([]);
  });

  it.each(['definition', 'machine'])('saga-core/src/%s is pure', (layer) => {
    expect(sourceFiles(`packages/saga-core/src/${layer}`).flatMap(impurities)).toEqual([]);
  });
});

describe('the law bites', () => {
  it.each([
    ['packages/messaging/src/a.ts', "import { Kafka } from 'kafkajs';", 'may not depend'],
    ['packages/postgres/src/a.ts', "import knex from 'knex';", 'only its types'],
    ['packages/postgres/src/a.ts', "import { type Pool, Client } from 'pg';", 'only its types'],
    ['packages/outbox/src/a.ts', "const a = await import('@backstitch/saga-core');", 'may not depend'],
    ['packages/outbox/src/a.ts', "import { x } from '@backstitch/postgres/dist/sql.js';", 'its own affair'],
    ['packages/outbox/src/a.ts', "import { x } from '../../postgres/src/sql.js';", 'outside of the package'],
    ['packages/kafka/src/a.ts', "import { testDatabase } from '@backstitch/devkit/testing';", 'for tests'],
    ['packages/telemetry/src/a.ts', "export { freePort } from '@backstitch/devkit';", 'for tests'],
    ['packages/saga-core/src/machine/a.ts', "import { x } from '../engine/x.js';", 'machine does not see engine'],
    ['packages/saga-core/src/machine/a.ts', "import { createHash } from 'node:crypto';", 'pure'],
    [
      'packages/saga-core/src/engine/a.ts',
      "import { x } from '../participant/x.js';",
      'engine does not see participant',
    ],
    [
      'packages/saga-core/src/participant/a.ts',
      "import { x } from '../engine/x.js';",
      'participant does not see engine',
    ],
    ['packages/saga-core/src/operations/a.ts', "import type { X } from '../testing/x.js';", 'nobody sees testing'],
    ['packages/saga-core/src/index.ts', "export { x } from './testing/x.js';", 'nobody sees testing'],
    ['packages/saga-core/src/errors.ts', "import { x } from './engine/x.js';", 'imports none'],
    ['packages/saga-core/src/engine/a.ts', "import type { Knex } from 'knex';", 'know the database'],
    ['packages/saga-core/src/operations/a.ts', "import { x } from '@backstitch/outbox';", 'know the database'],
  ])('%s: %s', (path, text, reason) => {
    expect(breaches(parse(path, text)).join()).toContain(reason);
  });

  it.each([
    ['packages/postgres/src/a.ts', "import type { Knex } from 'knex';"],
    ['packages/postgres/src/a.ts', "import { type Pool, type Client } from 'pg';"],
    ['packages/saga-core/src/knex/a.ts', "import type { Knex } from 'knex';"],
    ['packages/saga-core/src/engine/a.ts', "import type { OutboxStore } from '@backstitch/outbox';"],
    ['packages/saga-core/src/testing/a.ts', "import { inMemoryBroker } from '@backstitch/messaging/testing';"],
    ['packages/saga-core/src/engine/a.ts', "import { fail } from '../errors.js';"],
  ])('but not %s: %s', (path, text) => {
    expect(breaches(parse(path, text))).toEqual([]);
  });

  it.each([
    'export const now = () => Date.now();',
    'export const now = () => new Date();',
    'export const dice = () => Math.random();',
    'export async function wait() {}',
    'export const later = (fn: () => void) => setTimeout(fn, 1);',
    'export const id = () => crypto.randomUUID();',
    'export const f = () => { logger.info("x"); };',
  ])('impure: %s', (text) => {
    expect(impurities(parse('packages/saga-core/src/machine/a.ts', text))).toHaveLength(1);
  });

  it.each([
    'export const at = (text: string) => new Date(text);',
    'export type Run = () => Promise<void>;',
    'export interface Effect { readonly process: string }',
    'export const read = (effect: { crypto: number }) => effect.crypto;',
  ])('pure: %s', (text) => {
    expect(impurities(parse('packages/saga-core/src/machine/a.ts', text))).toEqual([]);
  });

  it('finds a circle of values and lets one of types be', () => {
    const one = parse('packages/x/src/one.ts', "import { two } from './two.js';");
    expect(importCycles([one, parse('packages/x/src/two.ts', "import { one } from './one.js';")])).toHaveLength(1);
    expect(importCycles([one, parse('packages/x/src/two.ts', "import type { One } from './one.js';")])).toEqual([]);
  });
});

function isBuiltin(name: string): boolean {
  return name.startsWith('node:') || builtinModules.includes(name);
}

/** A package whose entry still exports nothing has not been written yet. */
function isEmpty(files: ReturnType<typeof sourceFiles>): boolean {
  return files.every((file) => file.text.replaceAll(/\/\*.*?\*\//gs, '').trim() === 'export {};');
}
