import type { Database } from '@backstitch/postgres';
import type { OutboxOperations } from '../outbox-operations.js';
import { dropFailedRows } from './drop-failed-rows.js';
import { listFailedRows } from './list-failed-rows.js';
import { outboxTableName } from './outbox-table-name.js';
import { requeueFailedRows } from './requeue-failed-rows.js';
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
  const options = { table: outboxTableName(schema) };
  return {
    listFailed: (list) => listFailedRows(sql, list, options),
    show: (id) => showRow(sql, id, options),
    requeue: (ids) => requeueFailedRows(sql, ids, options),
    drop: (ids) => dropFailedRows(sql, ids, options),
  };
}
