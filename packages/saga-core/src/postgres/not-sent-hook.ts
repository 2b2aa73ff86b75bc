import { type FailedRow, postgresOutboxTable } from '@backstitch/outbox';
import { defaultSchema, type Sql } from '@backstitch/postgres';
import { commandsAmong, notSentLetters } from './not-sent-letters.js';
import { postLetters } from './post-letters.js';
import { sagaTables } from './saga-tables.js';

export interface NotSentHookOptions {
  /** The schema of the sagas' tables. Default `backstitch`. */
  readonly schema?: string;
}

/**
 * For `onFailed` of the outbox's store: a command that will never be sent becomes an input of its instance, in the transaction that makes its
 * row FAILED, and its lane goes on without it. That transaction has locked outbox rows and now locks instances, where a save does it the other way round: a resend of the
 * very same command at the very same moment may deadlock, Postgres ends one of the two, and both sides try again.
 */
export function notSentHook({
  schema = defaultSchema,
}: NotSentHookOptions = {}): (sql: Sql, rows: readonly FailedRow[]) => Promise<void> {
  const tables = sagaTables(schema);
  const outbox = postgresOutboxTable({ schema });
  return async (sql, rows) => {
    // In doubt or not: the saga goes on without them, and what it then sends, undos before all, stands behind them in the same lane.
    await outbox.leaveLane(sql, commandsAmong(rows));
    const letters = notSentLetters(rows);
    // Letters to instances that are gone (purged) come back and are dropped: nobody waits for that command.
    if (letters.length > 0) await postLetters(sql, letters, { tables });
  };
}
