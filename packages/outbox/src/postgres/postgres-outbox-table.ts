import type { Sql } from '@backstitch/postgres';
import type { ClaimedRow, NewOutboxRow } from '../outbox-row.js';
import type { InsertOptions, OutboxTable } from '../outbox-table.js';
import { findRows } from './find-rows.js';
import { type BesideInsert, insertOutboxRows } from './insert-outbox-rows.js';
import { leaveLane } from './leave-lane.js';
import { lockLanes } from './lock-lanes.js';
import { markDelivered } from './mark-delivered.js';
import { outboxTableName } from './outbox-table-name.js';
import { unsentOutboxRows } from './unsent-outbox-rows.js';
import { withdrawOutboxRows } from './withdraw-outbox-rows.js';

export interface PostgresOutboxTableOptions {
  /** The schema of the library's tables. Default `backstitch`. */
  readonly schema?: string;
  /** Milliseconds that never go back, for the ends of leases. Default `performance.now()`. The relay must be given the same. */
  readonly monotonicNowMs?: () => number;
}

/** The outbox inside a transaction of Postgres. */
export interface PostgresOutboxTable extends OutboxTable<Sql> {
  /** As `insert`, with the caller's own writing in the same statement. */
  insertBeside(
    sql: Sql,
    beside: BesideInsert,
    rows: readonly NewOutboxRow[],
    options?: InsertOptions,
  ): Promise<readonly ClaimedRow[]>;
}

export function postgresOutboxTable(options: PostgresOutboxTableOptions = {}): PostgresOutboxTable {
  const table = outboxTableName(options.schema ?? 'backstitch');
  const monotonicNowMs = options.monotonicNowMs ?? (() => performance.now());
  return {
    insert: (sql, rows, { bornLeaseMs } = {}) => insertOutboxRows(sql, rows, { table, bornLeaseMs, monotonicNowMs }),
    insertBeside: (sql, beside, rows, { bornLeaseMs } = {}) =>
      insertOutboxRows(sql, rows, { table, bornLeaseMs, monotonicNowMs, beside }),
    withdraw: (sql, ids) => withdrawOutboxRows(sql, ids, { table }),
    unsent: (sql, ids) => unsentOutboxRows(sql, ids, { table }),
    find: (sql, ids) => findRows(sql, ids, { table }),
    markDelivered: (sql, ids) => markDelivered(sql, ids, { table }),
    leaveLane: (sql, ids) => leaveLane(sql, ids, { table }),
    lockLanes,
  };
}
