import { PostgresError } from './errors.js';
import type { Sql } from './sql.js';

let count = 0;

/**
 * Runs `work` behind a savepoint: released where it returns, rolled back to where it throws, and then its error is rethrown with the
 * transaction still usable. `SAVEPOINT_FAILED` where rolling back failed: then the whole transaction is lost.
 */
export async function savepoint<T>(sql: Sql, work: () => Promise<T>): Promise<T> {
  // Names need to differ only within a session; a counter of the process is enough and keeps them out of the user's.
  count += 1;
  const name = `backstitch_${count}`;
  await sql.query(`savepoint ${name}`);
  let value: T;
  try {
    value = await work();
    await sql.query(`release savepoint ${name}`);
  } catch (error) {
    await rollBackTo(sql, { name, error });
    throw error;
  }
  return value;
}

async function rollBackTo(sql: Sql, at: { readonly name: string; readonly error: unknown }): Promise<void> {
  try {
    // Rolled back to and released: a savepoint that stays would hold its resources until the end, once per failure.
    await sql.query(`rollback to savepoint ${at.name}`);
    await sql.query(`release savepoint ${at.name}`);
  } catch (cause) {
    throw new PostgresError('SAVEPOINT_FAILED', 'The savepoint could not be rolled back to; the transaction is lost.', {
      cause,
      fields: { workError: at.error },
      hint: 'Let the transaction roll back and do it again.',
    });
  }
}
