import type { CoreConnection } from './mysql2-like.js';

/** What is used of a `Knex.Transaction`. */
export interface KnexTransactionLike {
  readonly isTransaction?: boolean;
  readonly executionPromise: Promise<unknown>;
  isCompleted(): boolean;
  commit(value?: unknown): unknown;
  rollback(error?: unknown): unknown;
}

/** What is used of a `Knex`. The second overload is there because inference pairs overloads from the last. */
export interface KnexLike<Trx extends KnexTransactionLike> {
  transaction(config?: { isolationLevel?: 'read committed' }): Promise<Trx>;
  transaction<T>(scope: (trx: Trx) => Promise<T>, config?: { isolationLevel?: 'read committed' }): Promise<T>;
}

/** knex's own client: what hands out connections. In a transaction it always answers the transaction's one. */
export interface KnexClientLike {
  readonly driverName?: string;
  acquireConnection(): Promise<CoreConnection>;
  releaseConnection(connection: CoreConnection): Promise<void>;
}
