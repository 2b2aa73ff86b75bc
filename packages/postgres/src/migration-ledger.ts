import { PostgresError } from './errors.js';
import { quoteIdentifier } from './identifier.js';
import { checksum, isBreaking, type Migration, type MigrationComponent } from './migration.js';
import type { Sql } from './sql.js';

/** What the ledger says of one applied migration. */
export interface AppliedMigration {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
  readonly breaking: boolean;
}

/** `{{schema}}` stands for the quoted schema name, as in migrations. */
export const ledgerSql = `create table if not exists {{schema}}.migrations (
  component text not null,
  number integer not null check (number > 0),
  name text not null,
  checksum text not null,
  breaking boolean not null,
  applied_at timestamptz(3) not null default clock_timestamp(),
  primary key (component, number)
);`;

/** Null where there is no ledger yet. Asked before any DDL: an application's role often may not create, and then need not. */
export async function readLedger(
  sql: Sql,
  at: { readonly schema: string; readonly component: string },
): Promise<readonly AppliedMigration[] | null> {
  const ledger = `${quoteIdentifier(at.schema)}.migrations`;
  const found = await sql.query<{ present: boolean }>('select to_regclass($1) is not null as present', [ledger]);
  if (found.rows[0]?.present !== true) return null;
  const { rows } = await sql.query<AppliedMigration>(
    `select number, name, checksum, breaking from ${ledger} where component = $1 order by number`,
    [at.component],
  );
  return rows;
}

/** The ledger's row goes first: whatever else fails, no migration is ever applied that the ledger does not know. */
export async function recordMigration(
  sql: Sql,
  it: { readonly schema: string; readonly component: string; readonly migration: Migration },
): Promise<void> {
  await sql.query(
    `insert into ${quoteIdentifier(it.schema)}.migrations (component, number, name, checksum, breaking) values ($1, $2, $3, $4, $5)`,
    [it.component, it.migration.number, it.migration.name, checksum(it.migration), isBreaking(it.migration)],
  );
}

/**
 * What is still to be applied. Refuses a schema whose past differs from this library's (`MIGRATION_CHANGED`), and one that a newer library
 * has changed in a breaking way (`SCHEMA_TOO_NEW`); newer migrations that break nothing are let be.
 */
export function pendingMigrations(it: MigrationComponent, applied: readonly AppliedMigration[]): readonly Migration[] {
  for (const row of applied) {
    const fields = { component: it.component, number: row.number, name: row.name };
    const known = it.migrations[row.number - 1];
    if (known === undefined && row.breaking) {
      throw new PostgresError(
        'SCHEMA_TOO_NEW',
        'A newer version of the library has changed the schema in a breaking way.',
        {
          fields: { ...fields, newestKnown: it.migrations.length },
          hint: 'Deploy the newer library here too; running this one would damage data.',
        },
      );
    }
    if (known !== undefined && checksum(known) !== row.checksum) {
      throw new PostgresError(
        'MIGRATION_CHANGED',
        'A migration was applied here with another text than this library has.',
        {
          fields: { ...fields, applied: row.checksum, expected: checksum(known) },
          hint: 'Never edit a released migration: restore its text and add a new one.',
        },
      );
    }
  }
  const done = new Set(applied.map((row) => row.number));
  return it.migrations.filter((migration) => !done.has(migration.number));
}
