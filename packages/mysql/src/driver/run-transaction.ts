import { serverErrorNumber } from '../classify-mysql-error.js';
import { MysqlError } from '../errors.js';
import type { MysqlSql } from '../mysql-database.js';
import type { CoreConnection } from './mysql2-like.js';
import { connectionFailed, driverError, isInTransaction, isLost } from './run-statement.js';

/** A transaction that has begun: what the two drivers do differently. */
export interface BegunTransaction<Trx> {
  readonly trx: Trx;
  readonly sql: MysqlSql;
  readonly connection: CoreConnection;
  /** True where the user's code ended it by its own hand. */
  hasEnded(): boolean;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

export async function runTransaction<Trx, T>(
  begun: BegunTransaction<Trx>,
  work: (trx: Trx, sql: MysqlSql) => Promise<T>,
): Promise<T> {
  let value: T;
  try {
    value = await work(begun.trx, begun.sql);
    await requireOpen(begun);
  } catch (error) {
    throw await rolledBack(begun, error);
  }
  try {
    await begun.commit();
  } catch (error) {
    throw commitError(driverError(error, begun.connection));
  }
  return value;
}

/** Asked before COMMIT, which MySQL answers with OK also where there is nothing to commit. */
async function requireOpen(begun: BegunTransaction<unknown>): Promise<void> {
  if (begun.hasEnded()) {
    throw new MysqlError('TRANSACTION_ENDED', 'The transaction was ended by the work that ran in it.', {
      hint: 'Do not commit or roll back inside: return to commit, throw to roll back.',
    });
  }
  if (await isInTransaction(begun.connection)) return;
  throw new MysqlError('TRANSACTION_ABORTED', 'The server ended the transaction before its end.', {
    hint: 'A deadlock whose error was caught, or DDL inside. Rethrow the error of a deadlock; run DDL elsewhere.',
  });
}

async function rolledBack(begun: BegunTransaction<unknown>, error: unknown): Promise<unknown> {
  // Asked before ROLLBACK: whatever the author's code made of a dead connection, nothing can be recorded on it, so it is infrastructure.
  const wasLost = isLost(begun.connection);
  try {
    if (!begun.hasEnded()) await begun.rollback();
  } catch {
    // The server rolls back what a lost session leaves behind; the work's own error says more than this one.
  }
  return wasLost && serverErrorNumber(error) === undefined ? connectionFailed(error) : error;
}

function commitError(error: unknown): unknown {
  // The server said ERROR and has rolled back. Without a number the connection broke between doing and saying.
  if (serverErrorNumber(error) !== undefined) return error;
  return new MysqlError(
    'COMMIT_UNKNOWN',
    'The connection failed while COMMIT was under way: it may or may not have happened.',
    {
      cause: error,
      hint: 'Look for what the transaction would have written, or run it again under an idempotency key.',
    },
  );
}
