import { MysqlError } from '../errors.js';
import type { MysqlDatabase, MysqlSql } from '../mysql-database.js';
import type { KnexClientLike, KnexLike, KnexTransactionLike } from './knex-like.js';
import type { CoreConnection } from './mysql2-like.js';
import { driverError, isLost, runStatement } from './run-statement.js';
import { type BegunTransaction, runTransaction } from './run-transaction.js';
import { withinConnection } from './within-connection.js';

/** A `MysqlDatabase` over a `Knex` with the mysql2 client. */
export function knexDatabase<Trx extends KnexTransactionLike>(knex: KnexLike<Trx>): MysqlDatabase<Trx> {
  const pool = clientOf(knex);
  const session = async <T>(work: (sql: MysqlSql) => Promise<T>): Promise<T> => {
    const connection = await pool.acquireConnection().catch((error: unknown) => {
      throw driverError(error);
    });
    try {
      return await work({ query: (text, values) => runStatement(connection, text, values) });
    } finally {
      discardIfLost(connection);
      await pool.releaseConnection(connection);
    }
  };
  return {
    sql: { query: (text, values) => session((sql) => sql.query(text, values)) },
    session,
    async transaction<T>(work: (trx: Trx, sql: MysqlSql) => Promise<T>): Promise<T> {
      return runTransaction(await begin(knex), work);
    },
    within(trx) {
      refuseOther(trx);
      refuseEnded(trx);
      return withinConnection(() => connectionOf(trx));
    },
  };
}

async function begin<Trx extends KnexTransactionLike>(knex: KnexLike<Trx>): Promise<BegunTransaction<Trx>> {
  const trx = await knex.transaction({ isolationLevel: 'read committed' }).catch((error: unknown) => {
    throw driverError(error);
  });
  // knex rejects this promise besides what it throws; what matters of it is read in `commit`.
  trx.executionPromise.catch(() => undefined);
  const connection = await clientOf(trx).acquireConnection();
  // Where BEGIN itself failed, knex hands out a completed transaction and tells the reason only here.
  if (trx.isCompleted()) {
    await trx.executionPromise.catch((error: unknown) => {
      throw driverError(error, connection);
    });
  }
  return {
    trx,
    connection,
    sql: {
      async query(text, values) {
        return runStatement(await connectionOf(trx), text, values);
      },
    },
    hasEnded: () => trx.isCompleted(),
    // knex swallows the error of COMMIT in `commit()` and tells it by this promise.
    commit: async () => {
      await trx.commit();
      await trx.executionPromise;
    },
    rollback: async () => {
      discardIfLost(connection);
      await trx.rollback();
    },
  };
}

async function connectionOf(trx: KnexTransactionLike): Promise<CoreConnection> {
  refuseEnded(trx);
  const connection = await clientOf(trx).acquireConnection();
  // Again: the transaction may have ended while we awaited, and its connection may already be somebody else's.
  refuseEnded(trx);
  return connection;
}

function refuseOther(trx: KnexTransactionLike): void {
  if (trx?.isTransaction === true && typeof trx.isCompleted === 'function') return;
  throw new MysqlError('NOT_A_TRANSACTION', 'What was given is no knex transaction.', {
    fields: { given: typeof trx },
    hint: 'Give the trx of knex.transaction(async (trx) => …), not knex itself.',
  });
}

function refuseEnded(trx: KnexTransactionLike): void {
  if (!trx.isCompleted()) return;
  throw new MysqlError('TRANSACTION_ENDED', 'The knex transaction has been committed or rolled back.', {
    hint: 'Await everything that uses the transaction before it ends.',
  });
}

/** knex drops a pooled connection whose stream is destroyed when it next validates it. */
function discardIfLost(connection: CoreConnection): void {
  if (isLost(connection)) connection.destroy();
}

function clientOf(knex: unknown): KnexClientLike {
  return (knex as { client: KnexClientLike }).client;
}
