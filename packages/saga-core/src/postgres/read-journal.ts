import type { Sql } from '@backstitch/postgres';
import type { JournalEntry } from '../machine/journal-event.js';
import { isInstanceId } from './uuid-list.js';

const readSql = (table: string): string => `
select entry from ${table} where saga_id = $1::uuid and seq > $2::integer order by seq limit $3::integer`;

/** A stretch of one journal, the oldest first. */
export async function readJournal(
  sql: Sql,
  { sagaId, afterSeq, limit }: { readonly sagaId: string; readonly afterSeq: number; readonly limit: number },
  options: { readonly table: string },
): Promise<readonly JournalEntry[]> {
  if (!isInstanceId(sagaId)) return [];
  const { rows } = await sql.query<{ entry: string }>(readSql(options.table), [sagaId, afterSeq, limit]);
  return rows.map(({ entry }) => JSON.parse(entry) as JournalEntry);
}
