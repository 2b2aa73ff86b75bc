import type { SagaDefinition } from '../definition/step-definition.js';
import { createDefinitionRegistry, type DefinitionRegistry } from '../engine/definition-registry.js';
import type { DefinitionKey, SagaStore, Standing } from '../engine/saga-store.js';
import { compareDefinitions } from './compare-definitions.js';
import { type ChangeClass, changeClasses, type DefinitionChange } from './definition-change.js';
import { type DefinitionDescription, describeDefinition } from './describe-definition.js';
import { checkLock, type SagaLock } from './lock-definitions.js';

export interface CheckDatabaseOptions {
  readonly store: Pick<SagaStore<never>, 'standings'>;
  /** What the release registers. */
  readonly sagas: readonly SagaDefinition[];
  /** The committed lock: how definitions looked that the release registers no more. Git has the older ones. */
  readonly lock?: SagaLock;
}

/**
 * - `registered`: they go on.
 * - `changed`: the same version has another shape in the release. `open()` refuses.
 * - `missing`: the release lacks the version. It leaves them alone.
 */
export type DefinitionFate = 'registered' | 'changed' | 'missing';

/** What the release means for the live instances of one definition. */
export interface DefinitionCheck extends DefinitionKey {
  readonly fate: DefinitionFate;
  readonly live: number;
  /** Whose step list theirs was compared with: the newest that the release has. Absent where it has none, or nobody knows what theirs looked like. */
  readonly comparedWith?: { readonly version: number; readonly hash: string };
  /** Were they carried over to that: how many stand where a change of that class concerns them, by the worst of them. */
  readonly classes: Readonly<Record<ChangeClass, number>>;
  /** Changes that concern somebody, and how many. */
  readonly findings: readonly { readonly change: DefinitionChange; readonly count: number }[];
  /** Where they stand, the most frequent first, at most 20. */
  readonly standings: readonly Standing[];
}

export interface DatabaseCheck {
  /** For a pipeline: 0 where all that live go on, 3 where the release would strand some. */
  readonly exitCode: 0 | 3;
  readonly live: number;
  /** By saga and version. */
  readonly definitions: readonly DefinitionCheck[];
}

const maxStandings = 20;

/**
 * Holds a release against the instances that live in a database, by structure and by count. Instances are counted there, by where they stand;
 * their number is exact at that moment.
 *
 * @throws SagaError OPTION_INVALID where the lock is none, DEFINITION_INVALID where a version is given twice.
 */
export async function checkDatabase({ store, sagas, lock }: CheckDatabaseOptions): Promise<DatabaseCheck> {
  const registry = createDefinitionRegistry(sagas);
  if (lock !== undefined) checkLock(lock, []);
  const groups = new Map<string, Standing[]>();
  for (const standing of await store.standings()) {
    const key = JSON.stringify([standing.saga, standing.version, standing.hash]);
    groups.set(key, [...(groups.get(key) ?? []), standing]);
  }
  const definitions = [...groups.values()].map((standings) => checkDefinition(registry, standings, lock));
  const isStranding = definitions.some(({ fate }) => fate !== 'registered');
  return {
    exitCode: isStranding ? 3 : 0,
    live: definitions.reduce((sum, { live }) => sum + live, 0),
    definitions: definitions.sort(bySagaAndVersion),
  };
}

function checkDefinition(
  registry: DefinitionRegistry,
  standings: readonly Standing[],
  lock: SagaLock | undefined,
): DefinitionCheck {
  const { saga, version, hash } = standings[0] as Standing;
  const key = { saga, version, hash };
  const live = standings.reduce((sum, { count }) => sum + count, 0);
  const newest = newestOf(registry, saga);
  const own = registry.find(key);
  const before = own === undefined ? lockedAs(lock, key) : describeDefinition(own);
  const common = {
    ...{ ...key, live },
    fate: own !== undefined ? 'registered' : isKnown(registry, key) ? 'changed' : 'missing',
    standings: [...standings].sort((one, other) => other.count - one.count).slice(0, maxStandings),
  } as const;
  if (before === undefined || newest === undefined)
    return { ...common, classes: { ...none, unsafe: live }, findings: [] };
  // Another version that is older is a way back, not a slip.
  const changes = compareDefinitions(before, newest).filter(
    ({ kind }) => kind !== 'version not raised' || newest.version === version,
  );
  const comparedWith = { version: newest.version, hash: newest.hash };
  return { ...common, comparedWith, classes: classesOf(changes, standings), findings: findingsOf(changes, standings) };
}

const none: Record<ChangeClass, number> = {
  safe: 0,
  'safe for new ones only': 0,
  'needs a migration': 0,
  unsafe: 0,
};

/** One group stands at one place, so that each of its instances has the same changes to fear. */
function classesOf(changes: readonly DefinitionChange[], standings: readonly Standing[]): Record<ChangeClass, number> {
  const classes = { ...none };
  for (const standing of standings) {
    const ranks = changes
      .filter((change) => concerns(change, standing))
      .map((each) => changeClasses.indexOf(each.class));
    classes[changeClasses[Math.max(0, ...ranks)] ?? 'unsafe'] += standing.count;
  }
  return classes;
}

function findingsOf(changes: readonly DefinitionChange[], standings: readonly Standing[]): DefinitionCheck['findings'] {
  return changes
    .map((change) => ({
      change,
      count: standings.filter((each) => concerns(change, each)).reduce((sum, { count }) => sum + count, 0),
    }))
    .filter(({ count }) => count > 0);
}

function concerns({ concerns }: DefinitionChange, { steps }: Standing): boolean {
  if (concerns === 'all') return true;
  return concerns.some(({ step, statuses }) => {
    const status = Object.hasOwn(steps, step) ? steps[step] : undefined;
    return status !== undefined && statuses.includes(status);
  });
}

function newestOf(registry: DefinitionRegistry, saga: string): SagaDefinition | undefined {
  const [newest] = registry.keys.filter((key) => key.saga === saga).sort((one, other) => other.version - one.version);
  return newest === undefined ? undefined : registry.find(newest);
}

function isKnown({ keys }: DefinitionRegistry, { saga, version }: DefinitionKey): boolean {
  return keys.some((key) => key.saga === saga && key.version === version);
}

function lockedAs(
  lock: SagaLock | undefined,
  { saga, version, hash }: DefinitionKey,
): DefinitionDescription | undefined {
  return lock?.sagas.find((each) => each.name === saga && each.version === version && each.hash === hash);
}

function bySagaAndVersion(one: DefinitionKey, other: DefinitionKey): number {
  if (one.saga !== other.saga) return one.saga < other.saga ? -1 : 1;
  return one.version - other.version;
}
