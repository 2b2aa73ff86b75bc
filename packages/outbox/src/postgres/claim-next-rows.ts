import type { Sql } from '@backstitch/postgres';
import { grantClaimsSql, type TakenRow } from './grant-claims.js';

export interface ClaimNextOptions {
  readonly table: string;
  readonly limit: number;
  readonly leaseMs: number;
}

// One instant for the whole statement: with clock_timestamp() a retry could fall due between the look at it and the look from behind it,
// and the later row would overtake. Lanes stand still for two reasons. A row that FAILED or waits for its retry is found by a small index
// of its own. A row that somebody holds comes before its followers in this same ordered scan, so that a window function sees it.
// Rejected: `not exists (any earlier blocked row of the lane)` for each row; in a long lane it is quadratic.
export const claimNextSql = (table: string): string => `
with scanned as materialized (
  select e.ctid as tid, e.id, e.seq, e.topic, e.key, e.ordered, coalesce(e.claimed_until > statement_timestamp(), false) as held
    from ${table} e
   where e.sent_at is null and e.deliver_after is null and e.status <> 'FAILED' and e.status <> 'PARKED'
     and (e.next_retry_at is null or e.next_retry_at <= statement_timestamp())
     and not (e.ordered and exists (
       select from ${table} b
        where b.ordered and b.status in ('RETRY', 'FAILED') and b.topic = e.topic and b.key = e.key and b.seq < e.seq
          and (b.status = 'FAILED' or b.next_retry_at > statement_timestamp())))
   order by e.seq limit $3
),
claimable as materialized (
  select tid, id, seq, topic, key, ordered from (
    select s.*, bool_or(s.held and s.ordered) over (partition by s.topic, s.key order by s.seq) as behind_held from scanned s
  ) s
  where not held and not (ordered and behind_held)
  order by seq limit $2
),
${grantClaimsSql(table)}
select (select count(*)::integer from scanned) as scanned, taken.* from (select) one left join taken on true`;

/**
 * Rows looked at for each row wanted: leases may fill the front of the table. Bounded, because in one long lane every look between a claim and
 * its settlement finds nothing; what is behind more held rows than this waits until they are settled or their leases end.
 */
const firstLook = 4;
const widerLook = 20;

/**
 * Claims the next rows in the table's order. The caller holds the lock that serialises claims, taken by an *earlier* statement: this one's
 * snapshot must show what the claim before has done.
 */
export async function claimNextRows(
  sql: Sql,
  { table, limit, leaseMs }: ClaimNextOptions,
): Promise<readonly TakenRow[]> {
  const look = async (window: number): Promise<{ readonly taken: readonly TakenRow[]; readonly more: boolean }> => {
    const { rows } = await sql.query<TakenRow & { readonly scanned: number }>(claimNextSql(table), [
      leaseMs,
      limit,
      window,
    ]);
    const taken = rows.filter((row) => row.id !== null);
    return { taken, more: taken.length < limit && (rows[0]?.scanned ?? 0) >= window };
  };
  const first = await look(limit * firstLook);
  if (!first.more || first.taken.length > 0) return first.taken;
  return (await look(limit * widerLook)).taken;
}
