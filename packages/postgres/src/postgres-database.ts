import type { DatabaseOptions } from './database-options.js';
import { PostgresError } from './errors.js';
import { knexDatabase } from './knex-database.js';
import type { KnexLike, KnexTransactionLike } from './knex-like.js';
import { pgDatabase } from './pg-database.js';
import type { PgClientLike, PgPoolLike } from './pg-like.js';
import type { Database } from './sql.js';

/**
 * The user's own database behind one face. For a `Knex` the transaction's type is `Knex.Transaction`, for a `pg.Pool` it is
 * `pg.PoolClient`. The pool stays the user's: its size, its time-outs (`query_timeout`, `idle_in_transaction_session_timeout`) and its end.
 */
export function postgresDatabase<Client extends PgClientLike>(
  pool: PgPoolLike<Client>,
  options?: DatabaseOptions,
): Database<Client>;
export function postgresDatabase<Trx extends KnexTransactionLike>(
  knex: KnexLike<Trx>,
  options?: DatabaseOptions,
): Database<Trx>;
export function postgresDatabase(
  source: unknown,
  options: DatabaseOptions = {},
): Database<PgClientLike> | Database<KnexTransactionLike> {
  switch (kindOf(source)) {
    case 'pg':
      return pgDatabase(source as PgPoolLike<PgClientLike>, options);
    case 'knex':
      return knexDatabase(source as KnexLike<KnexTransactionLike>, options);
    case 'transaction':
      throw invalid(
        'A transaction was given where the whole database is needed.',
        'Give knex itself, and each transaction where it is used.',
      );
    case 'other-dialect':
      throw invalid('This knex does not speak to Postgres.', "Use knex({ client: 'pg', … }).");
    case 'unknown':
      throw invalid(
        'What was given is neither a Knex nor a pg.Pool.',
        'Give knex({ client: "pg", … }) or new pg.Pool(…).',
      );
  }
}

type SourceKind = 'pg' | 'knex' | 'transaction' | 'other-dialect' | 'unknown';

function kindOf(source: unknown): SourceKind {
  if ((typeof source !== 'object' && typeof source !== 'function') || source === null) return 'unknown';
  const it = source as {
    isTransaction?: unknown;
    transaction?: unknown;
    totalCount?: unknown;
    connect?: unknown;
    client?: { dialect?: unknown };
  };
  if (it.isTransaction === true) return 'transaction';
  if (typeof it.transaction === 'function' && typeof it.client === 'object') {
    return it.client.dialect === 'postgresql' ? 'knex' : 'other-dialect';
  }
  return typeof it.connect === 'function' && typeof it.totalCount === 'number' ? 'pg' : 'unknown';
}

function invalid(message: string, hint: string): PostgresError {
  return new PostgresError('SOURCE_INVALID', message, { hint });
}
