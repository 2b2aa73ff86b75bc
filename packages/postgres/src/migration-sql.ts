import { quoteIdentifier, validateSchemaName } from './identifier.js';
import { defaultSchema } from './migrate.js';
import {
  checksum,
  isBreaking,
  type Migration,
  type MigrationComponent,
  validateComponent,
  withSchema,
} from './migration.js';
import { ledgerSql } from './migration-ledger.js';

export interface MigrationSqlOptions {
  /** Default `backstitch`. */
  readonly schema?: string;
  readonly components: readonly MigrationComponent[];
  /** Leave out what has been applied: the newest number per component. */
  readonly after?: Readonly<Record<string, number>>;
}

/**
 * The migrations as plain SQL, for those who review and run DDL by hand: the schema, the ledger, then each migration behind its ledger row.
 * One transaction; running it twice fails on the ledger's key and changes nothing.
 */
export function migrationSql(options: MigrationSqlOptions): string {
  const schema = validateSchemaName(options.schema ?? defaultSchema);
  const parts = options.components.flatMap((it) => {
    validateComponent(it);
    const after = options.after?.[it.component] ?? 0;
    return it.migrations
      .filter(({ number }) => number > after)
      .map((migration) => one(schema, it.component, migration));
  });
  const head = [`create schema if not exists ${quoteIdentifier(schema)};`, withSchema(ledgerSql, schema)];
  return `${['begin;', ...head, ...parts, 'commit;'].join('\n\n')}\n`;
}

function one(schema: string, component: string, migration: Migration): string {
  // Component and name are kebab-case (validated), the checksum is hexadecimal: nothing here needs escaping.
  const row = `'${component}', ${migration.number}, '${migration.name}', '${checksum(migration)}', ${isBreaking(migration)}`;
  return [
    `-- ${component} ${migration.number}: ${migration.name}`,
    `insert into ${quoteIdentifier(schema)}.migrations (component, number, name, checksum, breaking) values (${row});`,
    withSchema(migration.sql.trim(), schema),
  ].join('\n');
}
