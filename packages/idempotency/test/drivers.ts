import { type Database, migrate, postgresDatabase } from '@backstitch/postgres';
import createKnex, { type Knex } from 'knex';
import pg from 'pg';
import { idempotencyMigrations } from '../src/index.js';

/** The two drivers that one suite runs over. */
export interface Driver<Trx> {
  readonly name: string;
  open(url: string, max?: number): { readonly database: Database<Trx>; close(): Promise<void> };
}

const ignore = (): void => undefined;

export const knexDriver: Driver<Knex.Transaction> = {
  name: 'knex',
  open(url, max = 5) {
    const log = { warn: ignore, error: ignore, debug: ignore, deprecate: ignore };
    const knex = createKnex({ client: 'pg', connection: url, pool: { min: 0, max }, log });
    return { database: postgresDatabase(knex), close: () => knex.destroy() };
  },
};

export const pgDriver: Driver<pg.PoolClient> = {
  name: 'pg',
  open(url, max = 5) {
    const pool = new pg.Pool({ connectionString: url, max });
    return { database: postgresDatabase(pool), close: () => pool.end() };
  },
};

export const drivers = [knexDriver, pgDriver] as Driver<unknown>[];

/** Fresh tables, ours and one for the effects of the tests' work. */
export async function freshTables(database: Database<unknown>): Promise<void> {
  await database.sql.query(
    'drop schema if exists backstitch cascade; drop table if exists effect; create table effect (name text)',
  );
  await migrate(database, idempotencyMigrations);
}

export async function effects(database: Database<unknown>): Promise<string[]> {
  return (await database.sql.query<{ name: string }>('select name from effect order by name')).rows.map(
    (row) => row.name,
  );
}

/** Resolves when some session waits for a lock: the moment that a test of rivals needs. */
export async function somebodyWaits(database: Database<unknown>): Promise<void> {
  for (;;) {
    const { rows } = await database.sql.query(
      "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    if (rows.length > 0) return;
  }
}
