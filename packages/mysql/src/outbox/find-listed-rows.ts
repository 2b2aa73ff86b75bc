import type { MysqlSql } from '../mysql-database.js';
import type { Claimable } from './claim-rows.js';
import { idList, wholeNumber } from './literal.js';

// An earlier row of the lane that is unsent and not among these holds its followers up, even where it is free: it would be overtaken. Those
// among these are the free ones only, so that one which is held is in the way as well.
const listedSql = (table: string, ids: string): string => `
select seq, id, lower(hex(lane)) as lane from ${table} force index (outbox_events_id)
 where id in (${ids}) and unsent = 1 and (next_retry_at is null or next_retry_at <= utc_timestamp(3))
   and (claimed_until is null or claimed_until <= utc_timestamp(3))
 order by seq`;

const blockedSql = (table: string, seqs: string): string => `
select e.seq from ${table} e force index (primary)
 where e.seq in (${seqs}) and exists (
   select 1 from ${table} b force index (outbox_events_lane)
    where b.lane = e.lane and b.seq < e.seq and b.seq not in (${seqs}))`;

/** Those of the listed rows that are free and whose lanes are. The caller has the turn. */
export async function findListedRows(
  sql: MysqlSql,
  { table, ids, limit }: { readonly table: string; readonly ids: readonly string[]; readonly limit: number },
): Promise<readonly Claimable[]> {
  const { rows: free } = await sql.query<Claimable>(listedSql(table, idList(ids)));
  if (free.length === 0) return [];
  const seqs = free.map(({ seq }) => wholeNumber(seq)).join(', ');
  const { rows } = await sql.query<{ seq: number }>(blockedSql(table, seqs));
  const blocked = new Set(rows.map(({ seq }) => seq));
  return free.filter(({ seq }) => !blocked.has(seq)).slice(0, limit);
}
