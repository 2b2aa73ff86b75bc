import { classify, PostgresError, sqlState } from '@backstitch/postgres';
import { KeyInFlightError } from '../../errors.js';

/**
 * Of an error that came out of a handler: is it the database's trouble, which will pass, or the handler's own? A network code alone proves nothing,
 * because a handler may talk to other systems; where it was our connection, going back to the savepoint failed too, and that error is Postgres's.
 */
export function isDatabaseTrouble(error: unknown): boolean {
  if (error instanceof KeyInFlightError) return true;
  if (error instanceof PostgresError) return error.code === 'SAVEPOINT_FAILED' || classify(error) === 'infrastructure';
  return sqlState(error) !== undefined && classify(error) === 'infrastructure';
}
