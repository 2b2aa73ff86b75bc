import { MysqlError } from '../errors.js';
import type { MysqlResult, MysqlSql } from '../mysql-database.js';
import type { CoreConnection } from './mysql2-like.js';
import { isInTransaction, runStatement } from './run-statement.js';

/** Statements of a transaction that the caller says is open; the server is asked before the first one. */
export function withinConnection(connection: () => Promise<CoreConnection> | CoreConnection): MysqlSql {
  let asked: Promise<void> | undefined;
  return {
    async query<Row extends object>(text: string, values?: readonly (string | null)[]): Promise<MysqlResult<Row>> {
      const core = await connection();
      asked ??= requireTransaction(core);
      await asked;
      return runStatement<Row>(core, text, values);
    },
  };
}

async function requireTransaction(connection: CoreConnection): Promise<void> {
  if (await isInTransaction(connection)) return;
  throw new MysqlError(
    'TRANSACTION_ENDED',
    'No transaction is open on this connection: each statement would commit by itself.',
    {
      hint: 'Begin one first, and use the connection only until its commit or rollback. A deadlock ends the transaction too: rethrow its error.',
    },
  );
}
