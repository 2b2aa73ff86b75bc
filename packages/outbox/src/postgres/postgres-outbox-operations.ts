import type { Database } from '@backstitch/postgres';
import { type AuditNote, type OutboxVerb, requireNote } from '../outbox-audit.js';
import type { OutboxOperations } from '../outbox-operations.js';
import { changeRows } from './change-rows.js';
import { listAudit } from './list-audit.js';
import { listBlockedLanes } from './list-blocked-lanes.js';
import { listRows } from './list-rows.js';
import { outboxAuditTableName, outboxTableName } from './outbox-table-name.js';
import { pruneRows } from './prune-rows.js';
import { showRow } from './show-row.js';

export interface PostgresOutboxOperationsOptions {
  readonly database: Database<unknown>;
  /** Default `backstitch`. */
  readonly schema?: string;
}

/** The operator's verbs on Postgres. */
export function postgresOutboxOperations({
  database,
  schema = 'backstitch',
}: PostgresOutboxOperationsOptions): OutboxOperations {
  const { sql } = database;
  const options = { table: outboxTableName(schema), auditTable: outboxAuditTableName(schema) };
  const change =
    (verb: Exclude<OutboxVerb, 'prune'>) =>
    async (ids: readonly string[], note: AuditNote): Promise<readonly string[]> =>
      changeRows(sql, ids, { ...options, verb, note });
  return {
    list: (list) => listRows(sql, list, options),
    show: (id) => showRow(sql, id, options),
    blockedLanes: (list) => listBlockedLanes(sql, list, options),
    requeue: change('requeue'),
    park: change('park'),
    unpark: change('unpark'),
    drop: change('drop'),
    async prune(prune, note) {
      const { actor, reason } = requireNote(note);
      return database.transaction(async (_trx, within) => {
        const deleted = await pruneRows(within, prune, options);
        const recordSql = `insert into ${options.auditTable} (verb, actor, reason, row_count) values ('prune', $1, $2, $3)`;
        await within.query(recordSql, [actor, reason, deleted]);
        return deleted;
      });
    },
    audit: (list) => listAudit(sql, list, options),
  };
}
