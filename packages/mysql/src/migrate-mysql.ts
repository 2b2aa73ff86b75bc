import { createHash } from 'node:crypto';
import { MysqlError } from './errors.js';
import { checksum, type MysqlMigration, type MysqlMigrationComponent, requirePrefix, withPrefix } from './migration.js';
import type { MysqlDatabase, MysqlSql } from './mysql-database.js';
import { requireSuitableServer } from './require-suitable-server.js';

export interface MigrateMysqlOptions extends MysqlMigrationComponent {
  /** Default `backstitch_`. */
  readonly tablePrefix?: string;
}

export interface MigrateMysqlResult {
  /** What this call applied, in order; empty where there was nothing to do. */
  readonly applied: readonly { readonly number: number; readonly name: string }[];
}

interface Applied {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
  readonly breaking: number;
}

export const ledgerSql = `create table if not exists {{prefix}}migrations (
  component varchar(40) not null,
  number integer not null check (number > 0),
  name varchar(200) not null,
  checksum char(64) not null,
  breaking boolean not null,
  applied_at datetime(3) not null default (utc_timestamp(3)),
  primary key (component, number)
) engine = innodb character set utf8mb4 collate utf8mb4_bin`;

const longestWaitSeconds = 300;

/**
 * Brings one component's tables up to date behind a named lock of the server: any number of processes may start at once. Where nothing is
 * pending it only reads, so that a user without the right to create may call it.
 *
 * @throws MysqlError SERVER_UNSUITABLE, MIGRATION_BUSY, MIGRATION_CHANGED, SCHEMA_TOO_NEW, IDENTIFIER_INVALID.
 */
export async function migrateMysql<Trx>(
  database: MysqlDatabase<Trx>,
  options: MigrateMysqlOptions,
): Promise<MigrateMysqlResult> {
  const prefix = requirePrefix(options.tablePrefix);
  return database.session(async (sql) => {
    const before = await readLedger(sql, options.component, prefix);
    if (before !== null && pendingMigrations(options, before).length === 0) return { applied: [] };
    await requireSuitableServer(sql);
    return whileLocked(sql, prefix, async () => {
      await sql.query(withPrefix(ledgerSql, prefix));
      // Read again behind the lock: somebody else may have been here while we waited for it.
      const pending = pendingMigrations(options, (await readLedger(sql, options.component, prefix)) ?? []);
      for (const migration of pending) await apply(sql, { component: options.component, prefix, migration });
      return { applied: pending.map(({ number, name }) => ({ number, name })) };
    });
  });
}

async function whileLocked<T>(sql: MysqlSql, prefix: string, work: () => Promise<T>): Promise<T> {
  const [at] = (await sql.query<{ name: string | null }>('select database() as name')).rows;
  // A lock's name is the server's, not the database's, and has at most 64 characters; a digest needs no escaping.
  const name = `backstitch:${createHash('sha256').update(`${at?.name}.${prefix}`).digest('hex').slice(0, 48)}`;
  const { rows } = await sql.query<{ mine: number | null }>(
    `select get_lock('${name}', ${longestWaitSeconds}) as mine`,
  );
  if (Number(rows[0]?.mine) !== 1) {
    throw new MysqlError('MIGRATION_BUSY', 'Another process has been migrating for too long.', {
      fields: { lock: name, waitedSeconds: longestWaitSeconds },
      hint: 'See who holds the lock: select is_used_lock(…), then show processlist.',
    });
  }
  try {
    return await work();
  } finally {
    // Where the session is gone, so is its lock.
    await sql.query(`do release_lock('${name}')`).catch(() => undefined);
  }
}

/** Null where there is no ledger yet. Asked before any DDL: an application's user often may not create, and then need not. */
async function readLedger(sql: MysqlSql, component: string, prefix: string): Promise<readonly Applied[] | null> {
  const found = await sql.query(
    `select 1 from information_schema.tables where table_schema = database() and table_name = '${prefix}migrations'`,
  );
  if (found.rows.length === 0) return null;
  const { rows } = await sql.query<Applied>(
    `select number, name, checksum, breaking from ${prefix}migrations where component = ? order by number`,
    [component],
  );
  return rows;
}

async function apply(
  sql: MysqlSql,
  it: { readonly component: string; readonly prefix: string; readonly migration: MysqlMigration },
): Promise<void> {
  const { number, name, statements, breaking = false } = it.migration;
  for (const statement of statements) await sql.query(withPrefix(statement, it.prefix));
  await sql.query(
    `insert into ${it.prefix}migrations (component, number, name, checksum, breaking) values (?, ${number}, ?, ?, ${breaking})`,
    [it.component, name, checksum(it.migration)],
  );
}

function pendingMigrations(it: MysqlMigrationComponent, applied: readonly Applied[]): readonly MysqlMigration[] {
  for (const row of applied) {
    const fields = { component: it.component, number: row.number, name: row.name };
    const known = it.migrations[row.number - 1];
    if (known === undefined && Number(row.breaking) === 1) {
      throw new MysqlError(
        'SCHEMA_TOO_NEW',
        'A newer version of the library has changed the tables in a breaking way.',
        {
          fields: { ...fields, newestKnown: it.migrations.length },
          hint: 'Deploy the newer library here too; running this one would damage data.',
        },
      );
    }
    if (known !== undefined && checksum(known) !== row.checksum) {
      throw new MysqlError(
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
