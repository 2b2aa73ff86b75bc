export interface DatabaseOptions {
  /**
   * Prepares each of the library's statements once a connection and then runs it by name: Postgres parses and plans it once, which measured a third
   * less of its CPU for a saga. Leave it off behind PgBouncer in transaction mode before 1.21, where a statement's name is not found again.
   * Default false.
   */
  readonly preparedStatements?: boolean;
}
