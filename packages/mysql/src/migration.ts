import { createHash } from 'node:crypto';
import { MysqlError } from './errors.js';

/**
 * One step of a schema, forward only. MySQL commits at every DDL statement, so a migration is not all or nothing: each of its statements can
 * be run again (`if not exists`, `insert ignore`), and the ledger's row is written after the last one.
 */
export interface MysqlMigration {
  /** 1, 2, 3 … without gaps, within its component. */
  readonly number: number;
  /** kebab-case. */
  readonly name: string;
  /** `{{prefix}}` stands before every table's name. Never changed after its release: the ledger keeps their SHA-256. */
  readonly statements: readonly string[];
  /** Libraries that do not know this migration must not run against it. */
  readonly breaking?: boolean;
}

export interface MysqlMigrationComponent {
  readonly component: string;
  readonly migrations: readonly MysqlMigration[];
}

/** SHA-256 of the statements with the placeholder, so that it is the same under every prefix. */
export function checksum({ statements }: MysqlMigration): string {
  return createHash('sha256').update(statements.join('\n;\n')).digest('hex');
}

export function withPrefix(sql: string, prefix: string): string {
  return sql.replaceAll('{{prefix}}', prefix);
}

export const defaultPrefix = 'backstitch_';
const usablePrefix = /^[a-z][a-z0-9_]{0,29}$/;

/**
 * What the names of the library's tables begin with. They lie in the connection's own database, where the application's are: in one of its own,
 * several services of one server would share it. Answers the prefix, or throws IDENTIFIER_INVALID.
 */
export function requirePrefix(prefix: string = defaultPrefix): string {
  if (typeof prefix === 'string' && usablePrefix.test(prefix)) return prefix;
  throw new MysqlError('IDENTIFIER_INVALID', 'tablePrefix is not usable.', {
    fields: { field: 'tablePrefix', found: prefix },
    hint: 'Use lower-case letters, digits and underscores, at most 30, beginning with a letter, such as "backstitch_".',
  });
}
