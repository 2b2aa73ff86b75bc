import { connectionFailed, driverError, isLost } from './connection.js';
import { PostgresError } from './errors.js';
import type { PgConnectionLike } from './pg-like.js';
import type { Sql } from './sql.js';
import { sqlState } from './sql-state.js';

/** A transaction that has begun: what the two drivers do differently. */
export interface BegunTransaction<Trx> {
  readonly trx: Trx;
  readonly sql: Sql;
  readonly connection: PgConnectionLike;
  /** True where the user's code ended it, or the driver says that none is open. */
  hasEnded(): boolean;
  /** Answers COMMIT's command tag. */
  commit(): Promise<string>;
  rollback(): Promise<void>;
}

/** After these COMMIT may have happened all the same: the server died or was cut off between doing and saying. */
const unknownFateStates = ['08', '53', '57P0', '58', 'XX', '25P03', '25P04'];

export async function runTransaction<Trx, T>(
  begun: BegunTransaction<Trx>,
  work: (trx: Trx, sql: Sql) => Promise<T>,
): Promise<T> {
  let value: T;
  try {
    value = await work(begun.trx, begun.sql);
  } catch (error) {
    throw await rolledBack(begun, error);
  }
  if (begun.hasEnded()) {
    throw new PostgresError('TRANSACTION_ENDED', 'The transaction was ended by the work that ran in it.', {
      hint: 'Do not commit or roll back inside: return to commit, throw to roll back.',
    });
  }
  await commit(begun);
  return value;
}

async function rolledBack(begun: BegunTransaction<unknown>, error: unknown): Promise<unknown> {
  // Asked before ROLLBACK: whatever the author's code made of a dead connection, nothing can be recorded on it, so it is infrastructure.
  const wasLost = isLost(begun.connection);
  try {
    if (!begun.hasEnded()) await begun.rollback();
  } catch {
    // The server rolls back what a lost session leaves behind; the work's own error says more than this one.
  }
  return wasLost && sqlState(error) === undefined ? connectionFailed(error) : error;
}

async function commit(begun: BegunTransaction<unknown>): Promise<void> {
  // Known before it is asked: COMMIT was never sent, so this is no unknown fate.
  if (isLost(begun.connection)) {
    await begun.rollback().catch(() => undefined);
    throw connectionFailed(undefined);
  }
  let tag: string;
  try {
    tag = await begun.commit();
  } catch (error) {
    throw commitError(driverError(error, begun.connection));
  }
  if (tag === 'COMMIT') return;
  throw new PostgresError('TRANSACTION_ABORTED', 'Postgres answered COMMIT with a rollback: nothing was written.', {
    fields: { tag },
    hint: 'A statement failed inside and its error was caught. Rethrow it, or run what may fail in a savepoint.',
  });
}

function commitError(error: unknown): unknown {
  const state = sqlState(error);
  // A deferred constraint or a serialization failure: the server said ERROR, and has rolled back.
  if (state !== undefined && !unknownFateStates.some((prefix) => state.startsWith(prefix))) return error;
  return new PostgresError(
    'COMMIT_UNKNOWN',
    'The connection failed while COMMIT was under way: it may or may not have happened.',
    {
      cause: error,
      hint: 'Look for what the transaction would have written, or run it again under an idempotency key.',
    },
  );
}
