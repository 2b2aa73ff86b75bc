import type { OutboxTable } from '@backstitch/outbox';
import type { MysqlSql } from './mysql-database.js';
import { leaveLane, markDelivered, unsentRows, withdrawRows } from './outbox/change-listed-rows.js';
import { insertRows } from './outbox/insert-rows.js';
import { findRows } from './outbox/list-rows.js';
import { lockLanes } from './outbox/lock-lanes.js';
import { outboxTables } from './outbox/table-names.js';

export interface MysqlOutboxTableOptions {
  /** What the names of the library's tables begin with. Default `backstitch_`. */
  readonly tablePrefix?: string;
  /** Milliseconds that never go back, for the ends of leases. Default `performance.now()`. The relay must be given the same. */
  readonly monotonicNowMs?: () => number;
}

/** The outbox inside a transaction of MySQL or MariaDB. */
export function mysqlOutboxTable(options: MysqlOutboxTableOptions = {}): OutboxTable<MysqlSql> {
  const { events: table, locks } = outboxTables(options.tablePrefix);
  const monotonicNowMs = options.monotonicNowMs ?? (() => performance.now());
  return {
    insert: (sql, rows, { bornLeaseMs } = {}) => insertRows(sql, rows, { table, bornLeaseMs, monotonicNowMs }),
    withdraw: (sql, ids) => withdrawRows(sql, ids, table),
    unsent: (sql, ids) => unsentRows(sql, ids, table),
    find: (sql, ids) => findRows(sql, ids, table),
    markDelivered: (sql, ids) => markDelivered(sql, ids, table),
    leaveLane: (sql, ids) => leaveLane(sql, ids, table),
    lockLanes: (sql, lanes) => lockLanes(sql, lanes, locks),
  };
}
