import { MysqlError } from '../errors.js';
import type { MysqlDatabase, MysqlResult, MysqlSql } from '../mysql-database.js';
import type { CoreConnection, Mysql2ClientLike, Mysql2PoolLike } from './mysql2-like.js';
import { driverError, isInTransaction, isLost, runStatement } from './run-statement.js';
import { type BegunTransaction, runTransaction } from './run-transaction.js';
import { withinConnection } from './within-connection.js';

/** A `MysqlDatabase` over a pool of `mysql2/promise`. */
export function mysql2Database<Client extends Mysql2ClientLike>(pool: Mysql2PoolLike<Client>): MysqlDatabase<Client> {
  const withConnection = async <T>(work: (connection: CoreConnection, client: Client) => Promise<T>): Promise<T> => {
    const client = await pool.getConnection().catch((error: unknown) => {
      throw driverError(error);
    });
    const connection = coreOf(client);
    try {
      return await work(connection, client);
    } finally {
      if (isLost(connection)) connection.destroy();
      else client.release();
    }
  };
  return {
    sql: {
      query: <Row extends object>(text: string, values?: readonly (string | null)[]): Promise<MysqlResult<Row>> =>
        withConnection((connection) => runStatement<Row>(connection, text, values)),
    },
    session: (work) => withConnection((connection) => work(sessionOf(connection))),
    transaction: (work) =>
      withConnection(async (connection, client) => {
        const begun = await begin(connection, client);
        try {
          return await runTransaction(begun, work);
        } catch (error) {
          await discardIfOpen(connection);
          throw error;
        }
      }),
    within: (client) => {
      refuseOther(client);
      return withinConnection(() => coreOf(client));
    },
  };
}

async function begin<Client extends Mysql2ClientLike>(
  connection: CoreConnection,
  client: Client,
): Promise<BegunTransaction<Client>> {
  await runStatement(connection, 'set transaction isolation level read committed');
  await runStatement(connection, 'start transaction');
  return {
    trx: client,
    connection,
    sql: sessionOf(connection),
    hasEnded: () => false,
    commit: async () => void (await runStatement(connection, 'commit')),
    rollback: async () => {
      if (!isLost(connection)) await runStatement(connection, 'rollback');
    },
  };
}

/** A session in the middle of something must not go back to the pool. */
async function discardIfOpen(connection: CoreConnection): Promise<void> {
  if (isLost(connection)) return;
  const isOpen = await isInTransaction(connection).catch(() => true);
  if (isOpen) connection.destroy();
}

function sessionOf(connection: CoreConnection): MysqlSql {
  return { query: (text, values) => runStatement(connection, text, values) };
}

/** mysql2's connection with promises wraps the one with callbacks; the latter's pool hands it out as it is. */
function coreOf(client: Mysql2ClientLike): CoreConnection {
  const inner = client.connection as CoreConnection | undefined;
  return typeof inner?.execute === 'function' ? inner : (client as unknown as CoreConnection);
}

function refuseOther(client: unknown): void {
  const candidate = client as { execute?: unknown; getConnection?: unknown } | undefined | null;
  const isPool = typeof candidate?.getConnection === 'function';
  if (typeof candidate?.execute === 'function' && !isPool) return;
  throw new MysqlError(
    'NOT_A_TRANSACTION',
    isPool ? 'A pool was given where a transaction is needed.' : 'This is no mysql2 connection.',
    {
      hint: 'Give the connection that runs the transaction: connection = await pool.getConnection(); await connection.beginTransaction().',
    },
  );
}
