import createKnex, { type Knex } from 'knex';
import pg from 'pg';
import { type Database, postgresDatabase } from '../src/index.js';

export interface PoolOptions {
  readonly max?: number;
  readonly queryTimeoutMs?: number;
  readonly acquireTimeoutMs?: number;
}

/** The two drivers, each as a test needs it: the database, the user's own way to run a statement in a transaction, and the end. */
export interface Driver<Trx> {
  readonly name: string;
  open(url: string, options?: PoolOptions): OpenDriver<Trx>;
}

export interface OpenDriver<Trx> {
  readonly database: Database<Trx>;
  /** A statement as the user's own code runs it, without parameters. */
  run(trx: Trx, text: string): Promise<void>;
  close(): Promise<void>;
}

const ignore = (): void => undefined;

/** Says nothing where it logs, or the tests that break connections would fill the screen. */
export function openKnex(
  url: string,
  { max = 5, queryTimeoutMs = 0, acquireTimeoutMs = 60_000 }: PoolOptions = {},
): Knex {
  const connection = { connectionString: url, query_timeout: queryTimeoutMs };
  const log = { warn: ignore, error: ignore, debug: ignore, deprecate: ignore };
  return createKnex({
    client: 'pg',
    connection,
    pool: { min: 0, max },
    acquireConnectionTimeout: acquireTimeoutMs,
    log,
  });
}

export const knexDriver: Driver<Knex.Transaction> = {
  name: 'knex',
  open(url, options) {
    const knex = openKnex(url, options);
    const database: Database<Knex.Transaction> = postgresDatabase(knex);
    return { database, run: async (trx, text) => void (await trx.raw(text)), close: () => knex.destroy() };
  },
};

export const pgDriver: Driver<pg.PoolClient> = {
  name: 'pg',
  open(url, { max = 5, queryTimeoutMs = 0, acquireTimeoutMs = 0 } = {}) {
    const pool = new pg.Pool({
      connectionString: url,
      max,
      query_timeout: queryTimeoutMs,
      connectionTimeoutMillis: acquireTimeoutMs,
    });
    const database: Database<pg.PoolClient> = postgresDatabase(pool);
    return { database, run: async (trx, text) => void (await trx.query(text)), close: () => pool.end() };
  },
};
