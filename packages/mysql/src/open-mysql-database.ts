import { knexDatabase } from './driver/knex-database.js';
import type { KnexLike, KnexTransactionLike } from './driver/knex-like.js';
import { mysql2Database } from './driver/mysql2-database.js';
import type { Mysql2ClientLike, Mysql2PoolLike } from './driver/mysql2-like.js';
import { MysqlError } from './errors.js';
import type { MysqlDatabase } from './mysql-database.js';

/**
 * The user's own database behind one face. For a `Knex` the transaction's type is `Knex.Transaction`, for a pool of `mysql2/promise` it is
 * `PoolConnection`. The pool stays the user's: its size, its time-outs and its end.
 */
export function mysqlDatabase<Client extends Mysql2ClientLike>(pool: Mysql2PoolLike<Client>): MysqlDatabase<Client>;
export function mysqlDatabase<Trx extends KnexTransactionLike>(knex: KnexLike<Trx>): MysqlDatabase<Trx>;
export function mysqlDatabase(source: unknown): MysqlDatabase<Mysql2ClientLike> | MysqlDatabase<KnexTransactionLike> {
  switch (kindOf(source)) {
    case 'mysql2':
      return mysql2Database(source as Mysql2PoolLike<Mysql2ClientLike>);
    case 'knex':
      return knexDatabase(source as KnexLike<KnexTransactionLike>);
    case 'callback pool':
      throw invalid('This pool answers by callbacks.', 'Give pool.promise(), or createPool of "mysql2/promise".');
    case 'transaction':
      throw invalid(
        'A transaction was given where the whole database is needed.',
        'Give knex itself, and each transaction where it is used.',
      );
    case 'other dialect':
      throw invalid('This knex does not speak by mysql2.', "Use knex({ client: 'mysql2', … }).");
    case 'unknown':
      throw invalid(
        'What was given is neither a Knex nor a mysql2 pool.',
        'Give knex({ client: "mysql2", … }) or createPool(…) of "mysql2/promise".',
      );
  }
}

type SourceKind = 'mysql2' | 'callback pool' | 'knex' | 'transaction' | 'other dialect' | 'unknown';

function kindOf(source: unknown): SourceKind {
  if ((typeof source !== 'object' && typeof source !== 'function') || source === null) return 'unknown';
  const it = source as {
    isTransaction?: unknown;
    transaction?: unknown;
    getConnection?: unknown;
    promise?: unknown;
    client?: { driverName?: unknown };
  };
  if (it.isTransaction === true) return 'transaction';
  if (typeof it.transaction === 'function' && typeof it.client === 'object')
    return it.client.driverName === 'mysql2' ? 'knex' : 'other dialect';
  if (typeof it.getConnection !== 'function') return 'unknown';
  return typeof it.promise === 'function' ? 'callback pool' : 'mysql2';
}

function invalid(message: string, hint: string): MysqlError {
  return new MysqlError('SOURCE_INVALID', message, { hint });
}
