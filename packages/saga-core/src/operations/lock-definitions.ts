import type { SagaDefinition } from '../definition/step-definition.js';
import { SagaError } from '../errors.js';
import { compareDefinitions } from './compare-definitions.js';
import type { DefinitionChange } from './definition-change.js';
import { type DefinitionDescription, describeDefinition } from './describe-definition.js';

/** What stands in a committed `sagas.lock.json`. */
export interface SagaLock {
  readonly lockVersion: 1;
  /** By name, then version. */
  readonly sagas: readonly DefinitionDescription[];
}

/** Something that the lock does not allow, or does not know. */
export interface LockViolation {
  /** The shape changed under a version that is locked · the lock does not know it yet · it is locked and not registered any more. */
  readonly kind: 'changed' | 'not locked' | 'removed';
  readonly saga: string;
  readonly version: number;
  readonly message: string;
  readonly changes: readonly DefinitionChange[];
}

/**
 * The lock to commit, for all definitions that a service registers. Given the lock as it was, a locked version that changed its shape is
 * refused: a script that rewrites the file cannot hide it.
 *
 * @throws SagaError DEFINITION_CHANGED naming the saga and version, DEFINITION_INVALID where one stands there twice.
 */
export function lockDefinitions(definitions: readonly SagaDefinition[], previous?: SagaLock): SagaLock {
  const sagas = definitions.map(describeDefinition).sort(byNameAndVersion);
  for (const [index, { name, version }] of sagas.entries()) {
    const next = sagas[index + 1];
    if (next?.name !== name || next.version !== version) continue;
    throw new SagaError('DEFINITION_INVALID', `saga '${name}' version ${version} is given twice`, {
      fields: { saga: name, version },
      hint: 'give each definition a version of its own',
    });
  }
  const changed = checkLock(previous ?? { lockVersion: 1, sagas: [] }, definitions).find(
    ({ kind }) => kind === 'changed',
  );
  if (changed === undefined) return { lockVersion: 1, sagas };
  throw new SagaError('DEFINITION_CHANGED', changed.message, {
    fields: { saga: changed.saga, version: changed.version, changes: changed.changes },
    hint: 'give the changed step list a new version and keep the old one registered until its instances are done',
  });
}

/**
 * What of the definitions the committed lock does not allow; nothing is `[]`. Timeouts and retry policies are not held to it: they may change
 * under the same version.
 *
 * @throws SagaError OPTION_INVALID where the lock is not one that `lockDefinitions` wrote.
 */
export function checkLock(lock: SagaLock, definitions: readonly SagaDefinition[]): readonly LockViolation[] {
  if (lock?.lockVersion !== 1 || !Array.isArray(lock.sagas)) {
    throw new SagaError('OPTION_INVALID', 'the lock is not one that lockDefinitions() wrote', {
      fields: { lockVersion: lock?.lockVersion },
      hint: 'write it anew with JSON.stringify(lockDefinitions(definitions))',
    });
  }
  const locked = new Map(lock.sagas.map((each) => [keyOf(each), each]));
  const known = new Set(definitions.map(keyOf));
  const violations = definitions.flatMap((definition) => {
    const before = locked.get(keyOf(definition));
    if (before === undefined) return [violation('not locked', definition, 'is not in the lock: write it anew')];
    if (before.hash === definition.hash) return [];
    const changes = compareDefinitions(before, definition).filter((change) => change.class !== 'safe');
    const words = changes.filter(({ kind }) => kind !== 'version not raised').map((change) => change.words);
    return [violation('changed', definition, `changed without a new version: ${words.join('; ')}`, changes)];
  });
  const gone = lock.sagas.filter((each) => !known.has(keyOf(each)));
  const words = 'is locked and not registered any more: write the lock anew when no instance lives on it';
  return [...violations, ...gone.map((each) => violation('removed', each, words))];
}

/**
 * For a test: nothing where the definitions are what the lock says, and otherwise one error that says all of it in words, and what to do.
 *
 * @throws SagaError DEFINITION_CHANGED with `fields.violations`, OPTION_INVALID where the lock is none.
 */
export function assertLocked(lock: SagaLock, definitions: readonly SagaDefinition[]): void {
  const violations = checkLock(lock, definitions);
  if (violations.length === 0) return;
  const lines = violations.map(({ message, changes }) =>
    [message, ...changes.map((change) => `    ${change.class}: ${change.words}`)].join('\n'),
  );
  const isChanged = violations.some(({ kind }) => kind === 'changed');
  const hint = isChanged
    ? 'give the changed step list a new version and keep the old one registered until its instances are done'
    : 'write the lock anew with lockDefinitions(definitions, lock), and commit it';
  throw new SagaError(
    'DEFINITION_CHANGED',
    `the sagas are not what the lock says:\n${lines.map((line) => `  - ${line}`).join('\n')}\n${hint}`,
    { fields: { violations }, hint },
  );
}

function violation(
  kind: LockViolation['kind'],
  { name, version }: Pick<DefinitionDescription, 'name' | 'version'>,
  words: string,
  changes: readonly DefinitionChange[] = [],
): LockViolation {
  return { kind, saga: name, version, message: `saga '${name}' version ${version} ${words}`, changes };
}

function keyOf({ name, version }: Pick<DefinitionDescription, 'name' | 'version'>): string {
  return `${name}@${version}`;
}

/** By code unit: a file must come out the same on every machine. */
function byNameAndVersion(a: DefinitionDescription, b: DefinitionDescription): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.version - b.version;
}
