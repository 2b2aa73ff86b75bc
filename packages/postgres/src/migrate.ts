import { quoteIdentifier, validateSchemaName } from './identifier.js';
import { type Migration, type MigrationComponent, validateComponent, withSchema } from './migration.js';
import { ledgerSql, pendingMigrations, readLedger, recordMigration } from './migration-ledger.js';
import type { Database, Sql } from './sql.js';

export const defaultSchema = 'backstitch';

export interface MigrateOptions extends MigrationComponent {
  /** Default `backstitch`. Created where it is missing. */
  readonly schema?: string;
}

export interface MigrateResult {
  /** What this call applied, in order; empty where there was nothing to do. */
  readonly applied: readonly { readonly number: number; readonly name: string }[];
}

/**
 * Brings one component's tables up to date, all or nothing, in one transaction behind an advisory lock: any number of processes may start
 * at once. Where nothing is pending it only reads, so that a role without the right to create may call it.
 */
export async function migrate<Trx>(database: Database<Trx>, options: MigrateOptions): Promise<MigrateResult> {
  const schema = validateSchemaName(options.schema ?? defaultSchema);
  validateComponent(options);
  const at = { schema, component: options.component };
  const before = await readLedger(database.sql, at);
  if (before !== null && pendingMigrations(options, before).length === 0) return { applied: [] };
  return database.transaction(async (_trx, sql) => {
    await prepareSchema(sql, schema);
    // Read again behind the lock: somebody else may have been here while we waited for it.
    const pending = pendingMigrations(options, (await readLedger(sql, at)) ?? []);
    for (const migration of pending) await applyMigration(sql, { ...at, migration });
    return { applied: pending.map(({ number, name }) => ({ number, name })) };
  });
}

/** The lock, the schema, the ledger. One lock a schema: components of one schema wait for each other. */
export async function prepareSchema(sql: Sql, schema: string): Promise<void> {
  await sql.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`backstitch:migrate:${schema}`]);
  const { rows } = await sql.query<{ present: boolean }>(
    'select exists (select from pg_namespace where nspname = $1) as present',
    [schema],
  );
  // Asked first: `create schema if not exists` needs the right to create also where the schema exists.
  if (rows[0]?.present !== true) await sql.query(`create schema ${quoteIdentifier(schema)}`);
  await sql.query(withSchema(ledgerSql, schema));
}

export async function applyMigration(
  sql: Sql,
  it: { readonly schema: string; readonly component: string; readonly migration: Migration },
): Promise<void> {
  await recordMigration(sql, it);
  await sql.query(withSchema(it.migration.sql, it.schema));
}
