import type { ListOptions, StoredRow, StoredRowSummary } from '@backstitch/outbox';
import type { MysqlSql } from '../mysql-database.js';
import { idList, textLiteral, wholeNumber } from './literal.js';
import { rowSummary, type StoredRecord, type SummaryRecord, storedRow, summaryColumns } from './stored-row.js';

export async function listRows(
  sql: MysqlSql,
  { limit, afterSeq = 0, topic, status = 'FAILED' }: ListOptions,
  table: string,
): Promise<readonly StoredRowSummary[]> {
  const { rows } = await sql.query<SummaryRecord>(
    `select ${summaryColumns} from ${table}
      where status = ${textLiteral(status)} and seq > ${wholeNumber(afterSeq)}${topic === undefined ? '' : ` and topic = ${textLiteral(topic)}`}
      order by seq limit ${wholeNumber(limit)}`,
  );
  return rows.map(rowSummary);
}

export async function showRow(sql: MysqlSql, id: string, table: string): Promise<StoredRow | null> {
  const { rows } = await sql.query<StoredRecord>(
    `select ${summaryColumns}, payload, headers, ordered from ${table} where id = ${idList([id])}`,
  );
  return rows[0] === undefined ? null : storedRow(rows[0]);
}

/** Those of the rows that exist, whatever became of them. */
export async function findRows(
  sql: MysqlSql,
  ids: readonly string[],
  table: string,
): Promise<readonly StoredRowSummary[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql.query<SummaryRecord>(
    `select ${summaryColumns} from ${table} where id in (${idList(ids)}) order by seq`,
  );
  return rows.map(rowSummary);
}
