import {
  type Database,
  type DatabaseOptions,
  type KnexLike,
  type KnexTransactionLike,
  type PgClientLike,
  type PgPoolLike,
  postgresDatabase,
} from '@backstitch/postgres';

/** The user's own `Knex` (then `trx` is a `Knex.Transaction`) or `pg.Pool` (then a `pg.PoolClient`). It stays the user's to size and to end. */
export type DatabaseSource<Trx> = KnexLike<Trx & KnexTransactionLike> | PgPoolLike<Trx & PgClientLike>;

export function databaseOf<Trx>(source: DatabaseSource<Trx>, options: DatabaseOptions): Database<Trx> {
  // The overloads pick by what the source is at run time; its type says the same of `Trx`.
  return postgresDatabase(source as never, options) as unknown as Database<Trx>;
}
