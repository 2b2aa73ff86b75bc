import { foundText, type Logger } from '@backstitch/messaging';
import { SagaError } from '../errors.js';
import { againAfterConflict } from '../exchange/again-after-conflict.js';
import type { SagaMigration } from '../machine/define-migration.js';
import { isTerminal } from '../machine/instance.js';
import { type MigratedInstance, migrateInstance } from '../machine/migrate-instance.js';
import type { Verb } from '../machine/saga-input.js';
import { wakeAt } from '../machine/wake-at.js';
import { thrownMessage } from '../thrown-message.js';
import type { DefinitionRegistry } from './definition-registry.js';
import { type InstanceView, viewOf } from './instance-view.js';
import type { InstanceChange, SagaStore, StoredInstance } from './saga-store.js';
import { requireWord } from './operate.js';

export interface MigrateInstancesOptions extends Verb {
  /** Only these. Default: all that live on the version that the migration leads from. */
  readonly ids?: readonly string[];
  /** Only those that it answers true for. It is asked outside of any lock. */
  readonly filter?: (instance: InstanceView) => boolean;
  /** Moves at most so many; call it again for the others. Default: all. */
  readonly limit?: number;
  /** Counts what would be moved, and moves nothing. Default false. */
  readonly dryRun?: boolean;
}

export interface MigrationReport {
  readonly dryRun: boolean;
  /** Moved, or in a dry run: would be. */
  readonly migrated: number;
  /** They stay for now: an answer is awaited. Call it again later. */
  readonly notYet: number;
  /** They stay: the migration does not fit where they stand. */
  readonly refused: number;
  /** Of `notYet` and `refused`, the most frequent first, at most 50; each with a few ids. */
  readonly reasons: readonly MigrationReason[];
  /** Whether `limit` ended it. */
  readonly more: boolean;
}

export interface MigrationReason {
  readonly kind: 'notYet' | 'refused';
  readonly reason: string;
  readonly count: number;
  /** At most 5. */
  readonly examples: readonly string[];
}

interface Migrating<Trx> {
  readonly options: { readonly store: SagaStore<Trx> };
  readonly definitions: DefinitionRegistry;
  readonly logger: Logger;
}

/** Instances that share a transaction: while it lasts, what comes in for one of them waits. */
const chunkSize = 100;
/** Ids that are read at a time. */
const pageSize = 5_000;
const maxReasons = 50;
const maxExamples = 5;

/**
 * Moves live instances to another version, a hundred in a transaction, beside everything else that moves them: whoever read one before it was
 * moved loses the save and finds it on its new version. What was moved stays moved, so that it may be stopped and called again at any time.
 */
export async function migrateInstances<Trx>(
  migrating: Migrating<Trx>,
  migration: SagaMigration,
  options: MigrateInstancesOptions,
): Promise<MigrationReport> {
  requireWord('actor', options.actor);
  requireWord('reason', options.reason);
  const { limit = Number.MAX_SAFE_INTEGER, dryRun = false } = options;
  if (!Number.isInteger(limit) || limit < 1) {
    throw new SagaError('OPTION_INVALID', `limit is ${foundText(limit)}`, {
      fields: { field: 'limit', value: limit },
      hint: 'give a whole number from 1',
    });
  }
  migrating.definitions.require(migration.to);
  const tally = createTally();
  for await (const ids of chunksOf(migrating.options.store, migration, options.ids)) {
    const room = limit - tally.migrated();
    if (room <= 0) return tally.report({ dryRun, more: true });
    const wanted = await filtered(migrating, ids, options);
    for (let from = 0; from < wanted.length; ) {
      const next = wanted.slice(from, from + Math.min(chunkSize, limit - tally.migrated()));
      if (next.length === 0) return tally.report({ dryRun, more: true });
      await migrateSplitting(migrating, migration, { ids: next, options, tally });
      from += next.length;
    }
  }
  const report = tally.report({ dryRun, more: false });
  const { name: saga } = migration.to;
  migrating.logger.info(
    { saga, from: migration.from.version, to: migration.to.version, ...counted(report), actor: options.actor },
    dryRun ? 'saga instances would be migrated' : 'saga instances were migrated',
  );
  return report;
}

function counted({ migrated, notYet, refused }: MigrationReport): Record<string, number> {
  return { migrated, notYet, refused };
}

async function* chunksOf<Trx>(
  store: SagaStore<Trx>,
  { from: { name: saga, version, hash } }: SagaMigration,
  given: readonly string[] | undefined,
): AsyncGenerator<readonly string[]> {
  if (given !== undefined) {
    const ids = [...new Set(given)];
    for (let from = 0; from < ids.length; from += chunkSize) yield ids.slice(from, from + chunkSize);
    return;
  }
  let after: string | null = null;
  for (;;) {
    const page: readonly string[] = await store.liveIds({ saga, version, hash, after, limit: pageSize });
    for (let from = 0; from < page.length; from += chunkSize) yield page.slice(from, from + chunkSize);
    if (page.length < pageSize) return;
    after = page.at(-1) ?? null;
  }
}

async function filtered<Trx>(
  { options: { store }, definitions }: Migrating<Trx>,
  ids: readonly string[],
  { filter }: MigrateInstancesOptions,
): Promise<readonly string[]> {
  if (filter === undefined) return ids;
  const { instances } = await store.load(ids);
  return instances
    .filter((stored) => filter(viewOf(stored, definitions.find(stored.instance))))
    .map(({ instance }) => instance.id);
}

interface Chunk {
  readonly ids: readonly string[];
  readonly options: MigrateInstancesOptions;
  readonly tally: Tally;
}

/** An instance that cannot be read or written must not keep the others of its chunk where they are. */
async function migrateSplitting<Trx>(
  migrating: Migrating<Trx>,
  migration: SagaMigration,
  { ids, options, tally }: Chunk,
): Promise<void> {
  const { store } = migrating.options;
  try {
    const outcomes = await againAfterConflict(
      () => migrateChunk(store, migration, { ids, options }),
      (error) => store.classify(error),
    );
    for (const [id, outcome] of outcomes) tally.add(id, outcome);
  } catch (error) {
    const failure = store.classify(error);
    if (failure !== 'other' && failure !== 'poison') throw error;
    const [id] = ids;
    if (id !== undefined && ids.length === 1) {
      tally.add(id, { kind: 'refused', reason: thrownMessage(error) });
      return;
    }
    const middle = Math.ceil(ids.length / 2);
    await migrateSplitting(migrating, migration, { ids: ids.slice(0, middle), options, tally });
    await migrateSplitting(migrating, migration, { ids: ids.slice(middle), options, tally });
  }
}

type Outcomes = readonly (readonly [string, MigratedInstance])[];

async function migrateChunk<Trx>(
  store: SagaStore<Trx>,
  migration: SagaMigration,
  { ids, options }: Omit<Chunk, 'tally'>,
): Promise<Outcomes> {
  const { actor, reason } = options;
  const outcomesOf = (instances: readonly StoredInstance[], now: number) =>
    ids.flatMap((id) => {
      const stored = instances.find(({ instance }) => instance.id === id);
      if (options.ids === undefined && (stored === undefined || hasMovedOn(migration, stored))) return [];
      const outcome: MigratedInstance =
        stored === undefined
          ? { kind: 'refused', reason: 'there is no such instance' }
          : migrateInstance(migration, stored.instance, { now, actor, reason });
      return [{ id, stored, outcome }];
    });
  if (options.dryRun === true) {
    const { now, instances } = await store.load(ids);
    return outcomesOf(instances, now).map(({ id, outcome }) => [id, outcome]);
  }
  return store.transaction(async (tx) => {
    const outcomes = outcomesOf(await tx.lock(ids), await tx.now());
    const changes = outcomes.flatMap(({ stored, outcome }) =>
      stored === undefined || outcome.kind !== 'migrated' ? [] : [changeTo(stored, outcome)],
    );
    const { saved } = await tx.save(changes);
    if (saved.length !== changes.length) throw new Error('an instance moved although it was locked');
    return outcomes.map(({ id, outcome }) => [id, outcome]);
  });
}

/** Since it was listed, it has come to its end, or somebody else has moved it: nobody asked for this very one. */
function hasMovedOn({ from }: SagaMigration, { instance }: StoredInstance): boolean {
  return isTerminal(instance.state.status) || instance.version !== from.version || instance.hash !== from.hash;
}

function changeTo(
  { revision }: StoredInstance,
  { instance, entry }: MigratedInstance & { readonly kind: 'migrated' },
): InstanceChange {
  return {
    ...{ instance, revision, entries: [entry], messages: [], delivered: [], taken: [], born: [], letters: [] },
    wakeAt: wakeAt(instance.state, entry.at),
    migrated: true,
  };
}

interface Tally {
  add(id: string, outcome: MigratedInstance): void;
  migrated(): number;
  report(about: Pick<MigrationReport, 'dryRun' | 'more'>): MigrationReport;
}

function createTally(): Tally {
  const counts = { migrated: 0, notYet: 0, refused: 0 };
  const reasons = new Map<string, MigrationReason>();
  return {
    add(id, outcome) {
      counts[outcome.kind] += 1;
      if (outcome.kind === 'migrated') return;
      const { kind, reason } = outcome;
      const key = `${kind} ${reason}`;
      const before = reasons.get(key);
      // An author's function may say something else of each instance.
      if (before === undefined && reasons.size >= maxReasons) return;
      const examples = [...(before?.examples ?? []), id].slice(0, maxExamples);
      reasons.set(key, { kind, reason, count: (before?.count ?? 0) + 1, examples });
    },
    migrated: () => counts.migrated,
    report: (about) => ({
      ...about,
      ...counts,
      reasons: [...reasons.values()].sort((one, other) => other.count - one.count),
    }),
  };
}
