import { posix } from 'node:path';
import { type Import, importsOf } from './imports-of.js';
import type { SourceFile } from './source-tree.js';

/** What a package's sources may import from outside; `types` only where it is gone after compilation. */
interface PackageLaw {
  readonly values: readonly string[];
  readonly types: readonly string[];
}

const drivers = ['knex', 'pg'];

const packageLaws: Record<string, PackageLaw> = {
  messaging: { values: ['ajv', 'ajv-formats', '@standard-schema/spec'], types: [] },
  postgres: { values: [], types: drivers },
  outbox: { values: ['@backstitch/messaging', '@backstitch/postgres'], types: [] },
  mysql: { values: ['@backstitch/outbox'], types: ['knex', 'mysql2'] },
  idempotency: { values: ['@backstitch/postgres', 'safe-stable-stringify'], types: [] },
  'kafka-driver': { values: ['@backstitch/messaging'], types: [] },
  kafka: { values: ['@backstitch/messaging', '@backstitch/kafka-driver', 'kafkajs'], types: [] },
  'kafka-platformatic': {
    values: ['@backstitch/messaging', '@backstitch/kafka-driver', '@platformatic/kafka'],
    types: [],
  },
  'saga-core': {
    values: ['@backstitch/messaging', '@backstitch/postgres', '@backstitch/outbox', 'safe-stable-stringify'],
    // Of the standard there is nothing but types; it stands in the signatures of contracts.
    types: [...drivers, '@standard-schema/spec'],
  },
};

/** The folders of saga-core, and which of the others each may import. */
const sagaLayers: Record<string, readonly string[]> = {
  definition: [],
  machine: ['definition'],
  // What both ends of the wire share: names, ids, what is put aside.
  exchange: ['definition', 'machine'],
  engine: ['definition', 'machine', 'exchange'],
  participant: ['definition', 'machine', 'exchange'],
  operations: ['definition', 'machine', 'exchange', 'engine'],
  postgres: ['definition', 'machine', 'exchange', 'engine', 'participant', 'operations'],
  knex: ['definition', 'machine', 'exchange', 'engine', 'participant', 'operations', 'postgres'],
  testing: ['definition', 'machine', 'exchange', 'engine', 'participant', 'operations', 'postgres', 'knex'],
  // The one place that knows a test runner.
  vitest: ['definition', 'machine', 'operations'],
};

const pureLayers = ['definition', 'machine'];
/** Where saga-core meets Postgres; the rest is written on ports. */
const postgresLayers = ['postgres', 'knex'];
const postgresPackages = ['@backstitch/postgres', '@backstitch/outbox', '@backstitch/idempotency', ...drivers];
/** The relay and the ports of the outbox know nothing of Postgres either. */
const outboxLayers = ['engine', 'participant', 'testing'];

/** The sentences of the law that the file breaks. */
export function breaches(file: SourceFile): string[] {
  const [, name = '', , ...below] = file.path.split('/');
  const law = packageLaws[name];
  return importsOf(file).flatMap((each) => {
    const reasons = isRelative(each)
      ? relativeBreaches(file, each)
      : [...packageBreaches(file, law, each), ...(name === 'saga-core' ? sagaPackageBreaches(below, each) : [])];
    return reasons.map((reason) => `${file.path}:${each.line} imports ${each.specifier}: ${reason}`);
  });
}

function packageBreaches({ path }: SourceFile, law: PackageLaw | undefined, each: Import): string[] {
  const [, name = '', , ...below] = path.split('/');
  const { specifier, typeOnly } = each;
  if (specifier.startsWith('@backstitch/devkit')) return ['devkit is for tests'];
  // A package nobody has written a law for yet may use what it declares.
  if (law === undefined || specifier.startsWith('node:')) return [];
  const target = packageOf(specifier);
  if (target === 'vitest' && below[0] === 'vitest') return [];
  if (target === `@backstitch/${name}`) return ['a package does not import itself by name'];
  if (isDeepPath(specifier)) return ["another package's files are its own affair; import one of its entries"];
  if (law.values.includes(target) || (typeOnly && law.types.includes(target))) return [];
  return [law.types.includes(target) ? 'only its types may be used here' : `${name} may not depend on it`];
}

function relativeBreaches(file: SourceFile, each: Import): string[] {
  const [, name = '', , ...below] = file.path.split('/');
  const target = posix.join(posix.dirname(file.path), each.specifier);
  const source = `packages/${name}/src/`;
  if (!target.startsWith(source)) return ['it lies outside of the package'];
  const to = layerOf(target.slice(source.length).split('/'));
  const from = layerOf(below);
  if (to === 'testing' && from !== 'testing') return ['nobody sees testing'];
  if (name !== 'saga-core' || from === to || to === undefined || below.join('/') === 'index.ts') return [];
  if (from === undefined) return ['what all layers share imports none of them'];
  return (sagaLayers[from] ?? []).includes(to) ? [] : [`${from} does not see ${to}`];
}

function sagaPackageBreaches(below: readonly string[], each: Import): string[] {
  const layer = layerOf(below);
  const target = packageOf(each.specifier);
  if (layer !== undefined && pureLayers.includes(layer) && each.specifier.startsWith('node:')) {
    return [`${layer} is pure`];
  }
  if (!postgresPackages.includes(target) || (layer !== undefined && postgresLayers.includes(layer))) return [];
  if (target === '@backstitch/outbox' && layer !== undefined && outboxLayers.includes(layer)) return [];
  // The database in memory that the in-memory stores stand on, and the user's own, with a clock of the test's.
  if (target === '@backstitch/postgres' && layer === 'testing') return [];
  return ['only postgres/ and knex/ know the database'];
}

function layerOf(below: readonly string[]): string | undefined {
  return below.length > 1 ? below[0] : undefined;
}

function isRelative(each: Import): boolean {
  return each.specifier.startsWith('.');
}

export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** An entry of a Backstitch package has at most one segment, and no ending. */
function isDeepPath(specifier: string): boolean {
  if (!specifier.startsWith('@backstitch/')) return false;
  const below = specifier.slice(packageOf(specifier).length + 1);
  return below.includes('/') || below.includes('.') || below === 'src' || below === 'dist';
}
