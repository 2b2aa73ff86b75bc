import { PostgresError } from './errors.js';
import { causes, sqlState } from './sql-state.js';

/**
 * - `infrastructure`: nobody's fault and it will pass: the connection, the server, its resources, a lost race for a lock
 *   (40001, 40P01, 55P03). Wait and do the whole transaction again, for ever.
 * - `poison`: the data cannot be stored whatever is tried (class 22, and 54: limits of the server).
 * - `conflict`: a row of somebody else's stands in the way (class 23: unique, foreign key, check, exclusion).
 * - `other`: everything else; the author's own errors among them.
 */
export type ErrorClass = 'infrastructure' | 'poison' | 'conflict' | 'other';

/** Whole classes and single states, longest prefix not needed: they do not overlap with the other lists. */
const infrastructureStates = [
  '08', // connection exception
  '28', // a rotated password is not the message's fault
  '53', // insufficient resources
  '57P0', // shutdown, crash recovery, cannot connect now
  '58', // I/O error
  '40001',
  '40003', // statement completion unknown
  '40P01',
  '55P03',
  '25006', // read only: after a failover we still talk to what is a replica now
  '25P03', // idle in transaction timeout: the session is gone
  '25P04', // transaction timeout: so is this one
] as const;
const poisonStates = ['22', '54'] as const;
const conflictStates = ['23'] as const;

const networkCodes: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** By SQLSTATE, by Node's network codes and by our own codes, along `cause`; never by message text, which is translated and changes. */
export function classify(error: unknown): ErrorClass {
  if (causes(error).some(isInfrastructure)) return 'infrastructure';
  const state = sqlState(error);
  if (state === undefined) return 'other';
  if (startsWithAny(state, infrastructureStates)) return 'infrastructure';
  if (startsWithAny(state, poisonStates)) return 'poison';
  if (startsWithAny(state, conflictStates)) return 'conflict';
  return 'other';
}

function isInfrastructure(link: object): boolean {
  if (link instanceof PostgresError) return link.code === 'CONNECTION_FAILED' || link.code === 'COMMIT_UNKNOWN';
  const { code, name } = link as { code?: unknown; name?: unknown };
  // knex gives its pool's time-out no code; its class name is what it documents.
  return (typeof code === 'string' && networkCodes.has(code)) || name === 'KnexTimeoutError';
}

function startsWithAny(state: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => state.startsWith(prefix));
}
