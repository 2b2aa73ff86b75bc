import type { Sql } from '@backstitch/postgres';
import type { OutboxTable } from '../outbox-table.js';
import { insertSentRows } from './insert-sent-rows.js';
import { outboxTableName } from './outbox-table-name.js';

/** The table for a change-data-capture connector: rows are born SENT, and are nobody's to send from memory. */
export function postgresCdcTable(table: OutboxTable<Sql>, schema: string): OutboxTable<Sql> {
  const name = outboxTableName(schema);
  return {
    ...table,
    async insert(sql, rows) {
      await insertSentRows(sql, rows, { table: name });
      return [];
    },
  };
}
