import { PostgresError } from './errors.js';
import type { PgConnectionLike } from './pg-like.js';
import type { SqlResult } from './sql.js';
import { sqlState } from './sql-state.js';
import { statementName } from './statement-name.js';
import { typeParser } from './type-parser.js';

/** The format is text: nothing of ours asks for binary. */
const types = { getTypeParser: typeParser };

const watched = new WeakSet<PgConnectionLike>();
const lost = new WeakSet<PgConnectionLike>();

/** States after which the server has closed the session. */
const closingStates = ['08', '57P0', '25P03', '25P04'];

/**
 * Hears of a connection's end. A pg client that is checked out has no `error` listener of the pool's: if its backend is killed then, the
 * event is uncaught and the process dies. Once per connection and for its whole life, so that pooled clients do not pile up listeners.
 */
export function watchConnection(connection: PgConnectionLike): void {
  if (watched.has(connection)) return;
  watched.add(connection);
  const markLost = (): void => void lost.add(connection);
  connection.on('error', markLost);
  connection.on('end', markLost);
}

/** True where the session is gone or its answers can no longer be matched: such a connection must not be used again. */
export function isLost(connection: PgConnectionLike): boolean {
  return lost.has(connection);
}

export interface Statement {
  readonly text: string;
  /** A text without parameters may hold several statements. */
  readonly values?: readonly unknown[] | undefined;
  /** By name, parsed and planned once a connection. */
  readonly prepare?: boolean | undefined;
}

/** Runs one statement on this very connection, with `$1` parameters as pg takes them: no `?` is ever substituted. */
export async function runStatement<Row extends object>(
  connection: PgConnectionLike,
  { text, values, prepare }: Statement,
): Promise<SqlResult<Row>> {
  watchConnection(connection);
  let answer: unknown;
  try {
    const name = prepare === true && values !== undefined ? statementName(text) : undefined;
    const statement = values === undefined ? { text, types } : { text, types, values: [...values] };
    answer = await connection.query(name === undefined ? statement : { ...statement, name });
  } catch (error) {
    throw driverError(error, connection);
  }
  return toResult<Row>(answer);
}

/**
 * Names what the driver leaves nameless. "Connection terminated" and "Query read timeout" are bare `Error`s without a code: the first is
 * told by the connection's own events, the second by being bare, for what the server says has a SQLSTATE, what the socket says has a
 * Node code, and a value that cannot be serialised throws a class of its own. After a time-out the answer may still come, to the wrong
 * question: the connection counts as lost.
 */
export function driverError(error: unknown, connection?: PgConnectionLike): unknown {
  const state = sqlState(error);
  if (state !== undefined) {
    if (connection !== undefined && closingStates.some((prefix) => state.startsWith(prefix))) lost.add(connection);
    return error;
  }
  const gone = connection !== undefined && isLost(connection);
  if (!gone && !isBare(error) && !isSystemError(error)) return error;
  if (connection !== undefined) lost.add(connection);
  return connectionFailed(error);
}

export function connectionFailed(cause: unknown): PostgresError {
  if (cause instanceof PostgresError && cause.code === 'CONNECTION_FAILED') return cause;
  return new PostgresError(
    'CONNECTION_FAILED',
    'The connection to Postgres failed; nothing of an open transaction was committed.',
    {
      cause,
      hint: 'Do the whole transaction again. If it lasts, look at the server, the network and the size of the pool.',
    },
  );
}

function isBare(error: unknown): boolean {
  return error instanceof Error && error.name === 'Error' && (error as { code?: unknown }).code === undefined;
}

/** Node's own: ECONNRESET from `read`, ENOENT from `connect` to a socket that is not there. */
function isSystemError(error: unknown): boolean {
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  return (
    error instanceof Error &&
    typeof code === 'string' &&
    (typeof syscall === 'string' || error instanceof AggregateError)
  );
}

function toResult<Row extends object>(answer: unknown): SqlResult<Row> {
  // Several statements in one text answer an array: the last one's result is the text's.
  const last = (Array.isArray(answer) ? answer.at(-1) : answer) as
    | { rows?: readonly Row[]; rowCount?: number | null; command?: string | null }
    | undefined;
  return { rows: last?.rows ?? [], rowCount: last?.rowCount ?? 0, command: last?.command ?? '' };
}
