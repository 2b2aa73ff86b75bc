import { driverError, isLost, runStatement, watchConnection } from './connection.js';
import type { DatabaseOptions } from './database-options.js';
import { PostgresError } from './errors.js';
import type { KnexClientLike, KnexLike, KnexTransactionLike } from './knex-like.js';
import type { PgConnectionLike } from './pg-like.js';
import { type BegunTransaction, runTransaction } from './run-transaction.js';
import type { Database, Sql, SqlResult } from './sql.js';

/** A `Database` over a `Knex` with the pg driver. */
export function knexDatabase<Trx extends KnexTransactionLike>(
  knex: KnexLike<Trx>,
  { preparedStatements: prepare = false }: DatabaseOptions = {},
): Database<Trx> {
  const pool = clientOf(knex);
  return {
    sql: {
      async query<Row extends object>(text: string, values?: readonly unknown[]): Promise<SqlResult<Row>> {
        const connection = await pool.acquireConnection().catch((error: unknown) => {
          throw driverError(error);
        });
        try {
          return await runStatement<Row>(connection, { text, values, prepare });
        } finally {
          await discardIfLost(connection);
          await pool.releaseConnection(connection);
        }
      },
    },
    async transaction<T>(work: (trx: Trx, sql: Sql) => Promise<T>): Promise<T> {
      return runTransaction(await begin(knex, prepare), work);
    },
    within: (trx) => withinKnex(trx, prepare),
  };
}

async function begin<Trx extends KnexTransactionLike>(
  knex: KnexLike<Trx>,
  prepare: boolean,
): Promise<BegunTransaction<Trx>> {
  const trx = await knex.transaction({ isolationLevel: 'read committed' }).catch((error: unknown) => {
    throw driverError(error);
  });
  // knex rejects this promise besides what it throws; what matters of it is read in `commit`.
  trx.executionPromise.catch(() => undefined);
  const connection = await clientOf(trx).acquireConnection();
  watchConnection(connection);
  // Where BEGIN itself failed, knex hands out a completed transaction and tells the reason only here.
  if (trx.isCompleted()) {
    await trx.executionPromise.catch((error: unknown) => {
      throw driverError(error, connection);
    });
  }
  return {
    trx,
    connection,
    sql: withinKnex(trx, prepare),
    hasEnded: () => trx.isCompleted(),
    commit: () => commit(trx),
    rollback: async () => {
      await discardIfLost(connection);
      await trx.rollback();
    },
  };
}

/**
 * knex swallows the error of COMMIT in `commit()` and tells it by `executionPromise`; but that one resolves also where Postgres answered
 * ROLLBACK, so the tag is read from the driver's response.
 */
async function commit(trx: KnexTransactionLike): Promise<string> {
  const answer = (await trx.commit()) as { response?: { command?: string } } | undefined;
  await trx.executionPromise;
  const tag = answer?.response?.command;
  if (tag === undefined) throw new Error('This version of knex does not hand out the answer to COMMIT.');
  return tag;
}

/** Also the statement face of nested transactions, which run on their parent's connection behind a savepoint. */
export function withinKnex(trx: KnexTransactionLike, prepare = false): Sql {
  refuseOther(trx);
  refuseEnded(trx);
  return {
    async query<Row extends object>(text: string, values?: readonly unknown[]): Promise<SqlResult<Row>> {
      refuseEnded(trx);
      const connection = await clientOf(trx).acquireConnection();
      // Again: the transaction may have ended while we awaited, and its connection may already be somebody else's.
      refuseEnded(trx);
      return runStatement<Row>(connection, { text, values, prepare });
    },
  };
}

function refuseOther(trx: KnexTransactionLike): void {
  if (trx?.isTransaction === true && typeof trx.isCompleted === 'function') return;
  throw new PostgresError('NOT_A_TRANSACTION', 'What was given is no knex transaction.', {
    fields: { given: typeof trx },
    hint: 'Give the trx of knex.transaction(async (trx) => …), not knex itself.',
  });
}

function refuseEnded(trx: KnexTransactionLike): void {
  if (!trx.isCompleted()) return;
  throw new PostgresError('TRANSACTION_ENDED', 'The knex transaction has been committed or rolled back.', {
    hint: 'Await everything that uses the transaction before it ends.',
  });
}

/** knex drops a pooled connection that emitted `end`; `end()` is pg's public way to have it so, also with a query hanging. */
async function discardIfLost(connection: PgConnectionLike): Promise<void> {
  if (isLost(connection)) await connection.end().catch(() => undefined);
}

function clientOf(knex: unknown): KnexClientLike {
  return (knex as { client: KnexClientLike }).client;
}
