import type { AuditNote, OutboxOperations, OutboxVerb } from '@backstitch/outbox';
import { requireNote } from '@backstitch/outbox/port';
import type { MysqlDatabase, MysqlSql } from './mysql-database.js';
import { changeRows } from './outbox/change-rows.js';
import { listAudit } from './outbox/list-audit.js';
import { listBlockedLanes } from './outbox/list-blocked-lanes.js';
import { listRows, showRow } from './outbox/list-rows.js';
import { wholeNumber } from './outbox/literal.js';
import { pruneRows } from './outbox/prune-rows.js';
import { retryLockTrouble } from './outbox/retry-lock-trouble.js';
import { outboxTables } from './outbox/table-names.js';

export interface MysqlOutboxOperationsOptions {
  readonly database: Pick<MysqlDatabase<unknown>, 'sql' | 'transaction'>;
  /** Default `backstitch_`. */
  readonly tablePrefix?: string;
}

/** The operator's verbs on MySQL and MariaDB. */
export function mysqlOutboxOperations({ database, tablePrefix }: MysqlOutboxOperationsOptions): OutboxOperations {
  const { sql } = database;
  const tables = outboxTables(tablePrefix);
  const inTransaction = <T>(work: (sql: MysqlSql) => Promise<T>): Promise<T> =>
    retryLockTrouble(() => database.transaction((_trx, within) => work(within)));
  const change =
    (verb: Exclude<OutboxVerb, 'prune'>) =>
    async (ids: readonly string[], given: AuditNote): Promise<readonly string[]> => {
      const note = requireNote(given);
      return ids.length === 0 ? [] : inTransaction((within) => changeRows(within, ids, { tables, verb, note }));
    };
  return {
    list: (list) => listRows(sql, list, tables.events),
    show: (id) => showRow(sql, id, tables.events),
    blockedLanes: ({ limit }) => listBlockedLanes(sql, limit, tables.events),
    requeue: change('requeue'),
    park: change('park'),
    unpark: change('unpark'),
    drop: change('drop'),
    async prune(prune, note) {
      const { actor, reason } = requireNote(note);
      return inTransaction(async (within) => {
        const deleted = await pruneRows(within, prune, { table: tables.events });
        const recordSql = `insert into ${tables.audit} (verb, actor, reason, row_count) values ('prune', ?, ?, ${wholeNumber(deleted)})`;
        await within.query(recordSql, [actor, reason]);
        return deleted;
      });
    },
    audit: (list) => listAudit(sql, list, tables.audit),
  };
}
