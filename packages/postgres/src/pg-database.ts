import { driverError, isLost, runStatement, watchConnection } from './connection.js';
import type { DatabaseOptions } from './database-options.js';
import { PostgresError } from './errors.js';
import type { PgClientLike, PgConnectionLike, PgPoolLike } from './pg-like.js';
import { type BegunTransaction, runTransaction } from './run-transaction.js';
import type { Database, Sql, SqlResult } from './sql.js';

const poolsWithListener = new WeakSet<object>();

/** A `Database` over a `pg.Pool`. */
export function pgDatabase<Client extends PgClientLike>(
  pool: PgPoolLike<Client>,
  { preparedStatements: prepare = false }: DatabaseOptions = {},
): Database<Client> {
  listenForIdleErrors(pool);
  return {
    sql: {
      async query<Row extends object>(text: string, values?: readonly unknown[]): Promise<SqlResult<Row>> {
        const client = await checkOut(pool);
        try {
          return await runStatement<Row>(connectionOf(client), { text, values, prepare });
        } finally {
          client.release(isLost(connectionOf(client)));
        }
      },
    },
    async transaction<T>(work: (trx: Client, sql: Sql) => Promise<T>): Promise<T> {
      const client = await checkOut(pool);
      try {
        return await runTransaction(await begin(client, prepare), work);
      } finally {
        // A session in the middle of something must not go back to the pool.
        client.release(isLost(connectionOf(client)) || isOpen(client) === true);
      }
    },
    within: (client) => withinPg(client, prepare),
  };
}

/** The pool discards an idle client whose backend died, and then emits `error`: without a listener the process dies of it. */
function listenForIdleErrors(pool: PgPoolLike<PgClientLike>): void {
  if (poolsWithListener.has(pool)) return;
  poolsWithListener.add(pool);
  pool.on('error', () => undefined);
}

async function checkOut<Client extends PgClientLike>(pool: PgPoolLike<Client>): Promise<Client> {
  try {
    const client = await pool.connect();
    watchConnection(connectionOf(client));
    return client;
  } catch (error) {
    throw driverError(error);
  }
}

async function begin<Client extends PgClientLike>(client: Client, prepare: boolean): Promise<BegunTransaction<Client>> {
  const connection = connectionOf(client);
  await runStatement(connection, { text: 'begin isolation level read committed' });
  return {
    trx: client,
    connection,
    sql: withinPg(client, prepare),
    hasEnded: () => isOpen(client) === false && !isLost(connection),
    commit: async () => (await runStatement(connection, { text: 'commit' })).command,
    rollback: async () => {
      if (!isLost(connection)) await runStatement(connection, { text: 'rollback' });
    },
  };
}

function withinPg(client: PgClientLike, prepare: boolean): Sql {
  refuseOther(client);
  const connection = connectionOf(client);
  refuseIdle(client);
  return {
    async query<Row extends object>(text: string, values?: readonly unknown[]): Promise<SqlResult<Row>> {
      refuseIdle(client);
      return runStatement<Row>(connection, { text, values, prepare });
    },
  };
}

function refuseOther(client: PgClientLike): void {
  const candidate = client as { query?: unknown; release?: unknown; totalCount?: unknown };
  const isPool = candidate?.totalCount !== undefined;
  if (typeof candidate?.query === 'function' && typeof candidate.release === 'function' && !isPool) return;
  throw new PostgresError(
    'NOT_A_TRANSACTION',
    isPool ? 'A pool was given where a transaction is needed.' : 'This is no pg client.',
    {
      hint: 'Give the client that runs the transaction: client = await pool.connect(); await client.query("begin").',
    },
  );
}

function refuseIdle(client: PgClientLike): void {
  if (isOpen(client) !== false || isLost(connectionOf(client))) return;
  throw new PostgresError(
    'TRANSACTION_ENDED',
    'No transaction is open on this client: each statement would commit by itself.',
    {
      hint: 'Await client.query("begin") first, and use the client only until its commit or rollback.',
    },
  );
}

/** Undefined where pg is too old (before 8.21) to tell; then the caller is believed. */
function isOpen(client: PgClientLike): boolean | undefined {
  const { getTransactionStatus } = client as { getTransactionStatus?: () => string | null };
  const status = getTransactionStatus?.call(client) ?? undefined;
  return status === undefined ? undefined : status !== 'I';
}

function connectionOf(client: PgClientLike): PgConnectionLike {
  // A pool's client is a connection; the narrow interface only hides that from the caller's types.
  return client as unknown as PgConnectionLike;
}
