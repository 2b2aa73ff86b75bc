import type { Outbox } from '@backstitch/outbox';
import { createOutboxOver, type OutboxOverOptions } from '@backstitch/outbox/port';
import type { MysqlDatabase, MysqlSql } from './mysql-database.js';
import { type MysqlOutboxTableOptions, mysqlOutboxTable } from './mysql-outbox-table.js';

/** As `createOutbox` of `@backstitch/outbox`. Without `hints`: MySQL has no NOTIFY, relays of other processes poll. */
export interface MysqlOutboxOptions<Trx, Type extends string = string>
  extends Omit<OutboxOverOptions<Trx, MysqlSql, Type>, 'database' | 'table' | 'hints'>,
    MysqlOutboxTableOptions {
  /** `mysqlDatabase(knex)` or `mysqlDatabase(pool)`. */
  readonly database: MysqlDatabase<Trx>;
}

/**
 * `publish` in the caller's transaction, or in one of the library's own.
 *
 * @throws MysqlError NOT_A_TRANSACTION for a plain knex or a pool, TRANSACTION_ENDED where none is open; before anything is written.
 */
export function createMysqlOutbox<Trx, Type extends string = string>({
  tablePrefix,
  monotonicNowMs,
  ...options
}: MysqlOutboxOptions<Trx, Type>): Outbox<Trx, Type> {
  const table = mysqlOutboxTable({
    ...(tablePrefix === undefined ? {} : { tablePrefix }),
    ...(monotonicNowMs === undefined ? {} : { monotonicNowMs }),
  });
  return createOutboxOver<Trx, MysqlSql, Type>({ ...options, table });
}
