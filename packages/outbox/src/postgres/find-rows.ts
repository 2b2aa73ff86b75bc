import type { Sql } from '@backstitch/postgres';
import type { StoredRowSummary } from '../outbox-operations.js';
import { rowSummary, type SummaryRecord, summaryColumns } from './stored-row.js';

const findSql = (table: string): string =>
  `select ${summaryColumns} from ${table} where id = any(string_to_array($1, ',')::uuid[]) order by seq`;

/** Those of the rows that exist, whatever became of them. */
export async function findRows(
  sql: Sql,
  ids: readonly string[],
  options: { readonly table: string },
): Promise<readonly StoredRowSummary[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql.query<SummaryRecord>(findSql(options.table), [ids.join(',')]);
  return rows.map(rowSummary);
}
