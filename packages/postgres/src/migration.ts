import { createHash } from 'node:crypto';
import { PostgresError } from './errors.js';
import { quoteIdentifier } from './identifier.js';

/**
 * One step of a schema, forward only. The TypeScript module that holds it is the one source of its SQL (file `src/migrations/0001-name.ts`):
 * a `.sql` file beside it would have to be copied into the build or read at run time, which bundlers break. `migrationSql` prints plain SQL.
 */
export interface Migration {
  /** 1, 2, 3 … without gaps, within its component. */
  readonly number: number;
  /** kebab-case. */
  readonly name: string;
  /**
   * One or more statements; `{{schema}}` stands for the quoted schema name. A line `--! breaking` says that libraries which do not know this
   * migration must not run against it. Never changed after its release: the ledger keeps its SHA-256.
   */
  readonly sql: string;
}

/** The tables of one package: `outbox`, `idempotency`, `saga`. Several share one schema and one ledger. */
export interface MigrationComponent {
  readonly component: string;
  readonly migrations: readonly Migration[];
}

const componentName = /^[a-z][a-z0-9-]{0,39}$/;
const migrationName = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const breakingFlag = /^--! breaking\s*$/m;

/** Refuses what could not be applied in one and only one way (`MIGRATION_INVALID`). */
export function validateComponent(it: MigrationComponent): void {
  if (!componentName.test(it.component))
    throw invalid('The component has no usable name.', { component: it.component });
  it.migrations.forEach((migration, index) => {
    const fields = { component: it.component, number: migration.number, name: migration.name };
    if (migration.number !== index + 1) throw invalid('Migrations are numbered 1, 2, 3 … without gaps.', fields);
    if (!migrationName.test(migration.name)) throw invalid('The migration has no usable name.', fields);
    if (!migration.sql.includes('{{schema}}')) throw invalid('The migration never says {{schema}}.', fields);
  });
}

export function isBreaking(migration: Migration): boolean {
  return breakingFlag.test(migration.sql);
}

/** SHA-256 of the text with the placeholder, so that it is the same in every schema. */
export function checksum(migration: Migration): string {
  return createHash('sha256').update(migration.sql).digest('hex');
}

export function withSchema(sql: string, schema: string): string {
  return sql.replaceAll('{{schema}}', quoteIdentifier(schema));
}

function invalid(message: string, fields: Readonly<Record<string, unknown>>): PostgresError {
  return new PostgresError('MIGRATION_INVALID', message, {
    fields,
    hint: 'Name components and migrations in kebab-case, number them from 1, and qualify every object with {{schema}}.',
  });
}
