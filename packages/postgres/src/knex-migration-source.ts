import { PostgresError } from './errors.js';
import { validateSchemaName } from './identifier.js';
import { withinKnex } from './knex-database.js';
import type { KnexTransactionLike } from './knex-like.js';
import { applyMigration, defaultSchema, prepareSchema } from './migrate.js';
import { type Migration, type MigrationComponent, validateComponent } from './migration.js';
import { pendingMigrations, readLedger } from './migration-ledger.js';

/** One of our migrations as knex lists it. */
export interface KnexMigrationEntry {
  readonly component: string;
  readonly migration: Migration;
}

/** What knex's `migrationSource` option takes. */
export interface KnexMigrationSource {
  getMigrations(loadExtensions: readonly string[]): Promise<KnexMigrationEntry[]>;
  getMigrationName(entry: KnexMigrationEntry): string;
  getMigration(entry: KnexMigrationEntry): Promise<{
    up(knex: unknown): Promise<void>;
    down(knex: unknown): Promise<void>;
  }>;
}

/**
 * Our migrations for `knex.migrate.latest({ migrationSource })`. They keep our own ledger as well, and skip what it already has, so that
 * one may change between the two ways. Forward only: `down` throws `MIGRATION_FORWARD_ONLY`.
 */
export function knexMigrationSource(
  components: readonly MigrationComponent[],
  options: { readonly schema?: string } = {},
): KnexMigrationSource {
  const schema = validateSchemaName(options.schema ?? defaultSchema);
  for (const component of components) validateComponent(component);
  return {
    getMigrations: async () =>
      components.flatMap((it) => it.migrations.map((migration) => ({ component: it.component, migration }))),
    getMigrationName: nameOf,
    getMigration: async (entry) => ({
      up: (knex) => up(entry, { schema, components, knex }),
      down: async () => {
        throw new PostgresError('MIGRATION_FORWARD_ONLY', 'These migrations have no way back.', {
          fields: { migration: nameOf(entry) },
          hint: 'Restore a backup, or drop the schema if its data may go.',
        });
      },
    }),
  };
}

function nameOf({ component, migration }: KnexMigrationEntry): string {
  return `backstitch_${component}_${String(migration.number).padStart(4, '0')}_${migration.name}`;
}

async function up(
  entry: KnexMigrationEntry,
  at: { readonly schema: string; readonly components: readonly MigrationComponent[]; readonly knex: unknown },
): Promise<void> {
  const sql = withinKnex(at.knex as KnexTransactionLike);
  const component = at.components.find((it) => it.component === entry.component);
  if (component === undefined) return;
  await prepareSchema(sql, at.schema);
  const applied = (await readLedger(sql, { schema: at.schema, component: entry.component })) ?? [];
  if (pendingMigrations(component, applied).includes(entry.migration))
    await applyMigration(sql, { schema: at.schema, ...entry });
}
