/** What is used of mysql2's own connection, the one with callbacks: so much is also what knex keeps in its pool. */
export interface CoreConnection {
  query(statement: object, done: (error: unknown, answer: unknown) => void): unknown;
  execute(statement: object, done: (error: unknown, answer: unknown) => void): unknown;
  destroy(): void;
}

/** What is used of a mysql2 `PoolConnection`, with promises or with callbacks. */
export interface Mysql2ClientLike {
  readonly connection: unknown;
  release(): void;
}

/** What is used of a pool of `mysql2/promise`. */
export interface Mysql2PoolLike<Client extends Mysql2ClientLike> {
  getConnection(): Promise<Client>;
  releaseConnection(client: Client): void;
}
