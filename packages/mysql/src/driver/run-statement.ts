import { MysqlError } from '../errors.js';
import { serverErrorNumber } from '../classify-mysql-error.js';
import type { MysqlResult } from '../mysql-database.js';
import type { CoreConnection } from './mysql2-like.js';

/** What applications set for all their connections, set back for our own statements. */
const defaults = {
  rowsAsArray: false,
  nestTables: false,
  typeCast: (_field: unknown, next: () => unknown): unknown => next(),
  dateStrings: false,
  supportBigNumbers: false,
  bigNumberStrings: false,
  decimalNumbers: false,
  namedPlaceholders: false,
};

const lost = new WeakSet<CoreConnection>();

/** True where the session is gone: such a connection must not be used again. */
export function isLost(connection: CoreConnection): boolean {
  return lost.has(connection);
}

interface Answer<Row extends object> extends MysqlResult<Row> {
  /** Whether a transaction was open when the server had done this; undefined for statements that answer rows. */
  readonly inTransaction: boolean | undefined;
}

/** SERVER_STATUS_IN_TRANS of the protocol, which stands in every OK packet. */
const inTransactionFlag = 0x0001;

export async function runStatement<Row extends object>(
  connection: CoreConnection,
  text: string,
  values?: readonly (string | null)[],
): Promise<Answer<Row>> {
  try {
    const answer = await new Promise<unknown>((resolve, reject) => {
      const done = (error: unknown, result: unknown): void => {
        if (error === null || error === undefined) resolve(result);
        else reject(error as Error);
      };
      if (values === undefined) connection.query({ sql: text, ...defaults }, done);
      else connection.execute({ sql: text, values: [...values], ...defaults }, done);
    });
    if (Array.isArray(answer)) return { rows: answer as Row[], rowCount: answer.length, inTransaction: undefined };
    const { affectedRows = 0, serverStatus } = answer as { affectedRows?: number; serverStatus?: number };
    const inTransaction = serverStatus === undefined ? undefined : (serverStatus & inTransactionFlag) !== 0;
    return { rows: [], rowCount: affectedRows, inTransaction };
  } catch (error) {
    throw driverError(error, connection);
  }
}

/**
 * Whether the server has a transaction open here. It ends one by itself (a deadlock rolls it back, DDL commits it), and from then on each
 * statement commits alone; no client can know that without asking. `do 0` is the cheapest statement that answers an OK packet.
 */
export async function isInTransaction(connection: CoreConnection): Promise<boolean> {
  return (await runStatement(connection, 'do 0')).inTransaction !== false;
}

/** What the server says has a number and an SQLSTATE; what is neither that nor a mistake of the caller's is the connection's end. */
export function driverError(error: unknown, connection?: CoreConnection): unknown {
  const { fatal, code } = error as { fatal?: unknown; code?: unknown };
  const isServers = serverErrorNumber(error) !== undefined;
  if (isServers && fatal !== true) return error;
  if (!isServers && fatal !== true && typeof code !== 'string' && !(connection !== undefined && isLost(connection)))
    return error;
  if (connection !== undefined) lost.add(connection);
  return isServers ? error : connectionFailed(error);
}

export function connectionFailed(cause: unknown): MysqlError {
  if (cause instanceof MysqlError && cause.code === 'CONNECTION_FAILED') return cause;
  return new MysqlError(
    'CONNECTION_FAILED',
    'The connection to MySQL failed; nothing of an open transaction was committed.',
    {
      cause,
      hint: 'Do the whole transaction again. If it lasts, look at the server, the network and the size of the pool.',
    },
  );
}
