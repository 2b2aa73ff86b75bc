/**
 * The narrow waist: text in, rows out. Without values the text goes over the text protocol; with values, `?` each, it is prepared once a
 * connection and they go beside it. Nothing is ever escaped into a text: how depends on `sql_mode` and on the connection's character set.
 * Whatever the application set for its connections (`typeCast`, `dateStrings`, `bigNumberStrings`, `rowsAsArray`), rows come as mysql2's
 * defaults have them.
 */
export interface MysqlSql {
  query<Row extends object = Record<string, unknown>>(
    text: string,
    values?: readonly (string | null)[],
  ): Promise<MysqlResult<Row>>;
}

export interface MysqlResult<Row extends object = Record<string, unknown>> {
  readonly rows: readonly Row[];
  /** Rows touched, for statements that return none. */
  readonly rowCount: number;
}

/**
 * The user's own database: a `Knex` instance with the mysql2 client, or a mysql2 pool. `Trx` is what the user's code receives in a
 * transaction: a `Knex.Transaction` or a `PoolConnection`.
 */
export interface MysqlDatabase<Trx> {
  /** Single statements outside any transaction. Never used while a transaction of ours is open: a full pool would deadlock. */
  readonly sql: MysqlSql;
  /**
   * BEGIN, `work`, COMMIT on one connection, READ COMMITTED. Throws TRANSACTION_ABORTED where the transaction is no longer open when `work`
   * has returned: after a deadlock the server has rolled all of it back, and after DDL it has committed, whatever became of the error.
   * When `work` throws, it rolls back and rethrows.
   */
  transaction<T>(work: (trx: Trx, sql: MysqlSql) => Promise<T>): Promise<T>;
  /**
   * The statement face of a transaction that the caller opened. Throws `NOT_A_TRANSACTION` for a plain knex or a pool; its first statement
   * throws `TRANSACTION_ENDED` where none is open, before anything is written. Every statement runs on the transaction's own connection.
   */
  within(trx: Trx): MysqlSql;
  /** Statements of one connection outside any transaction, for what belongs to a session. */
  session<T>(work: (sql: MysqlSql) => Promise<T>): Promise<T>;
}
