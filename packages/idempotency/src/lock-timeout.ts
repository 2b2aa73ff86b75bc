import { type Sql, sqlState } from '@backstitch/postgres';
import { KeyInFlightError } from './errors.js';

/**
 * Runs a claim that waits at most `lockTimeoutMs` for a rival's transaction, and puts the caller's own `lock_timeout` back before anything else
 * runs. Must stand in a savepoint: a wait that ends without a lock aborts the transaction up to there, and takes the setting back with it.
 */
export async function withLockTimeout<T>(
  sql: Sql,
  options: { readonly lockTimeoutMs: number; readonly fields: Readonly<Record<string, unknown>> },
  claim: () => Promise<T>,
): Promise<T> {
  const { rows } = await sql.query<{ before: string }>(
    "select current_setting('lock_timeout') as before, set_config('lock_timeout', $1, true)",
    [`${options.lockTimeoutMs}ms`],
  );
  let claimed: T;
  try {
    claimed = await claim();
  } catch (error) {
    if (sqlState(error) === '55P03')
      throw new KeyInFlightError({ ...options.fields, waitedMs: options.lockTimeoutMs }, error);
    throw error;
  }
  await sql.query("select set_config('lock_timeout', $1, true)", [rows[0]?.before ?? '0']);
  return claimed;
}
