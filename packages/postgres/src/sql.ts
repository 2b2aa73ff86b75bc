/**
 * The narrow waist: text with `$1` parameters in, rows out. Everything of ours that touches Postgres is written on it. Values come as pg's
 * defaults have them, whatever the application set globally: `timestamptz` a Date, `json` parsed, `bigint` and `numeric` strings, and
 * types that are not ours (`date`, `timestamp`) text.
 */
export interface Sql {
  query<Row extends object = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
  ): Promise<SqlResult<Row>>;
}

export interface SqlResult<Row extends object = Record<string, unknown>> {
  readonly rows: readonly Row[];
  /** Rows touched, for statements that return none. */
  readonly rowCount: number;
  /** The command tag's first word: `SELECT`, `COMMIT`, `ROLLBACK`. */
  readonly command: string;
}

/**
 * The user's own database, by structure: a `Knex` instance or a `pg.Pool`. `Trx` is what the user's code receives in a transaction:
 * a `Knex.Transaction` or a `pg.PoolClient`.
 */
export interface Database<Trx> {
  /** Single statements outside any transaction. Never used while a transaction of ours is open: a full pool would deadlock. */
  readonly sql: Sql;
  /**
   * BEGIN, `work`, COMMIT on one connection, READ COMMITTED. Commits only where Postgres answered `COMMIT`: an aborted transaction
   * answers `ROLLBACK` to COMMIT, which is thrown as `TRANSACTION_ABORTED`. When `work` throws, it rolls back and rethrows.
   */
  transaction<T>(work: (trx: Trx, sql: Sql) => Promise<T>): Promise<T>;
  /**
   * The statement face of a transaction that the caller opened. Throws `NOT_A_TRANSACTION` for a plain knex, a pool, or a
   * transaction that has ended. Runs every statement on the transaction's own connection.
   */
  within(trx: Trx): Sql;
}
