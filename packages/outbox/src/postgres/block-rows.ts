import type { Sql } from '@backstitch/postgres';
import { isBehindObstacle, mayBeClaimed } from './claim-conditions.js';

// Behind a wait of less than a minute rows stay where they are: they would be back at once. A row that somebody has locked or leased stays too.
export const blockSql = (table: string): string => `
update ${table} set blocked = true where ctid = any(array(
  select l.ctid from ${table} l where l.ctid = any(array(
      select e.tid from (select e.ctid as tid, e.* from ${table} e where ${mayBeClaimed} order by e.seq limit $1) e
       where e.ordered and exists (${isBehindObstacle(table, 'long')})))
     and l.status in ('PENDING', 'RETRY') and (l.claimed_until is null or l.claimed_until <= statement_timestamp())
     for update skip locked))`;

const rowsAtOnce = 5_000;

/**
 * Of the first rows of the claim's index, those that stand behind a row which FAILED, or waits for long, leave it. Under the lock that
 * serialises claims. With a bound: the next claims go on.
 */
export async function blockRows(sql: Sql, table: string): Promise<void> {
  await sql.query(blockSql(table), [rowsAtOnce]);
}
