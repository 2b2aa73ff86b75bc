import { MysqlError } from './errors.js';

/**
 * - `infrastructure`: nobody's fault and it will pass: the connection, the server, its resources, a lost race for a lock (1213, 1205).
 *   Do the whole transaction again, for ever.
 * - `poison`: the data cannot be stored whatever is tried.
 * - `conflict`: a row of somebody else's stands in the way (unique, foreign key, check).
 * - `other`: everything else; the author's own errors among them.
 */
export type MysqlErrorClass = 'infrastructure' | 'poison' | 'conflict' | 'other';

/** The server's numbers, which are the same in MySQL and MariaDB up to 1878; above, the two differ and only MySQL's or both's stand here. */
const infrastructure: ReadonlySet<number> = new Set([
  1037, // out of memory
  1040, // too many connections
  1041, // out of resources
  1044, // access to the database, 1045 to the server: a rotated password is not the message's fault
  1045,
  1053, // shutdown in progress
  1077,
  1079,
  1129, // host blocked after many errors
  1152, // aborted connection
  1158, // errors on the wire, read and write
  1159,
  1160,
  1161,
  1203, // the user's limit of connections
  1205, // lock wait timeout
  1213, // deadlock
  1226, // the user's limit of resources
  1290, // read only: after a failover we still talk to what is a replica now
  1317, // the query was killed
  1792, // read-only transaction
  1836, // read-only mode
  1927, // MariaDB: the connection was killed
  3024, // MySQL: the statement took longer than max_execution_time
  3572, // MySQL: nowait met a lock
  4031, // MySQL: the server closed an idle session
]);
const poison: ReadonlySet<number> = new Set([
  1153, // larger than max_allowed_packet
  1264, // out of range
  1265, // data truncated
  1292, // wrong value of its type
  1366, // wrong text for the character set
  1406, // too long for its column
  1690, // out of range in an expression
  3140, // invalid JSON
]);
const conflict: ReadonlySet<number> = new Set([
  1062, // duplicate key
  1216,
  1217,
  1451, // foreign keys
  1452,
  1557,
  1586,
  1761,
  1762,
  3819, // MySQL: check constraint
  4025, // MariaDB: check constraint
]);
const networkCodes: ReadonlySet<string> = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
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
const maxCauses = 8;

/** By the server's error number, by the driver's and Node's codes and by our own codes, along `cause`; never by message text. */
export function classifyMysqlError(error: unknown): MysqlErrorClass {
  const chain = causes(error);
  if (chain.some(isConnectionTrouble)) return 'infrastructure';
  const number = serverErrorNumber(error);
  if (number === undefined) return 'other';
  if (infrastructure.has(number)) return 'infrastructure';
  if (poison.has(number)) return 'poison';
  return conflict.has(number) ? 'conflict' : 'other';
}

/** The number of an error that the server sent, looked for along `cause`. mysql2 gives those, and no others, an `sqlState`. */
export function serverErrorNumber(error: unknown): number | undefined {
  for (const link of causes(error)) {
    const { errno, sqlState } = link as { errno?: unknown; sqlState?: unknown };
    if (typeof errno === 'number' && typeof sqlState === 'string') return errno;
  }
  return undefined;
}

function isConnectionTrouble(link: object): boolean {
  if (link instanceof MysqlError) return link.code === 'CONNECTION_FAILED' || link.code === 'COMMIT_UNKNOWN';
  const { code, name } = link as { code?: unknown; name?: unknown };
  // knex gives its pool's time-out no code; its class name is what it documents.
  return (typeof code === 'string' && networkCodes.has(code)) || name === 'KnexTimeoutError';
}

/** The error and what caused it, outermost first. Bounded, for `cause` may form a ring. */
function causes(error: unknown): readonly object[] {
  const chain: object[] = [];
  let link = error;
  while (typeof link === 'object' && link !== null && chain.length < maxCauses) {
    chain.push(link);
    link = (link as { cause?: unknown }).cause;
  }
  return chain;
}
