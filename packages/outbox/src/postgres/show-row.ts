import type { Sql } from '@backstitch/postgres';
import type { StoredRow } from '../outbox-operations.js';
import { type StoredRecord, storedRow, summaryColumns } from './stored-row.js';

const showSql = (table: string): string =>
  `select ${summaryColumns}, payload, headers, ordered from ${table} where id = $1`;

export async function showRow(sql: Sql, id: string, options: { readonly table: string }): Promise<StoredRow | null> {
  const { rows } = await sql.query<StoredRecord>(showSql(options.table), [id]);
  return rows[0] === undefined ? null : storedRow(rows[0]);
}
