import { quoteIdentifier, validateSchemaName } from '../identifier.js';
import type { Database, Sql, SqlResult } from '../sql.js';

export interface VirtualTimeOptions {
  /** Whole milliseconds since the epoch: what the database's clock is to say. */
  readonly nowMs: () => number;
  /** A schema of the test's own, for the functions that stand before Postgres's. */
  readonly schema: string;
}

/** A database whose clock is the test's, in every transaction that goes through `database`. */
export interface VirtualTimeDatabase<Trx> {
  readonly database: Database<Trx>;
  /** Makes the schema and its functions. Needs the right to create a schema. */
  create(): Promise<void>;
  drop(): Promise<void>;
}

const functionSql = (schema: string, name: string, volatility: 'volatile' | 'stable'): string => `
create or replace function ${schema}.${name}() returns timestamptz language sql ${volatility} parallel safe as $$
  select coalesce(
    pg_catalog.to_timestamp(nullif(pg_catalog.current_setting('backstitch.now_ms', true), '')::float8 / 1000),
    pg_catalog.${name}())
$$`;

const useSql = `
select set_config('search_path', $1 || ', pg_catalog, ' || current_setting('search_path'), true),
       set_config('backstitch.now_ms', $2, true)`;

/**
 * Only the database's clock decides, so a test that is to move the time has to move that clock. Every transaction gets a `search_path` in which
 * `clock_timestamp()`, `now()`, `statement_timestamp()` and `transaction_timestamp()` of a test's schema come before Postgres's own: library and
 * author read the same time, and no stored row has to be changed. `current_timestamp` and its kin are syntax and no functions: they, and
 * defaults of columns, keep the machine's time. Shifting the rows instead was rejected: a journal would then tell times that never were.
 */
export function virtualTimeDatabase<Trx>(
  database: Database<Trx>,
  { nowMs, schema: name }: VirtualTimeOptions,
): VirtualTimeDatabase<Trx> {
  const schema = quoteIdentifier(validateSchemaName(name));
  const use = (sql: Sql): Promise<unknown> => sql.query(useSql, [schema, String(nowMs())]);
  const inTime = <T>(work: (sql: Sql) => Promise<T>): Promise<T> =>
    database.transaction(async (_trx, sql) => {
      await use(sql);
      return work(sql);
    });
  return {
    database: {
      sql: { query: (text, values) => inTime((sql) => sql.query(text, values)) },
      transaction: (work) =>
        database.transaction(async (trx, sql) => {
          await use(sql);
          return work(trx, sql);
        }),
      within: (trx) => firstUsed(database.within(trx), use),
    },
    create: () =>
      database.transaction(async (_trx, sql) => {
        await sql.query(`create schema if not exists ${schema}`);
        await sql.query(functionSql(schema, 'clock_timestamp', 'volatile'));
        for (const each of ['now', 'statement_timestamp', 'transaction_timestamp']) {
          await sql.query(functionSql(schema, each, 'stable'));
        }
      }),
    async drop() {
      await database.sql.query(`drop schema if exists ${schema} cascade`);
    },
  };
}

/** A caller's transaction is told the time before the first statement of ours: then it keeps it to its end. */
function firstUsed(sql: Sql, use: (sql: Sql) => Promise<unknown>): Sql {
  let used: Promise<unknown> | undefined;
  return {
    async query<Row extends object>(text: string, values?: readonly unknown[]): Promise<SqlResult<Row>> {
      used ??= use(sql);
      await used;
      return sql.query<Row>(text, values);
    },
  };
}
