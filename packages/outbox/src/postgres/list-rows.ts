import type { Sql } from '@backstitch/postgres';
import type { ListOptions, StoredRowSummary } from '../outbox-operations.js';
import { rowSummary, type SummaryRecord, summaryColumns } from './stored-row.js';

const listSql = (table: string): string => `
select ${summaryColumns} from ${table}
 where status = $4 and seq > $1::bigint and ($2::text is null or topic = $2) order by seq limit $3`;

export async function listRows(
  sql: Sql,
  { limit, afterSeq = 0, topic, status = 'FAILED' }: ListOptions,
  options: { readonly table: string },
): Promise<readonly StoredRowSummary[]> {
  const { rows } = await sql.query<SummaryRecord>(listSql(options.table), [afterSeq, topic ?? null, limit, status]);
  return rows.map(rowSummary);
}
