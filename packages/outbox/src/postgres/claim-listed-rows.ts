import type { Sql } from '@backstitch/postgres';
import { grantClaimsSql, type TakenRow } from './grant-claims.js';

export interface ClaimListedOptions {
  readonly table: string;
  readonly ids: readonly string[];
  readonly limit: number;
  readonly leaseMs: number;
}

// `not in`, which no index serves: where statistics are old the planner would rather read all unsent rows than look up these ids.
// An earlier row of the lane that is unsent and not among these holds its followers up, even where it is free: it would be overtaken.
const claimListedSql = (table: string): string => `
with scanned as materialized (
  select e.ctid as tid, e.id, e.seq, e.topic, e.key, e.ordered from ${table} e
   where e.id = any(string_to_array($3, ',')::uuid[]) and e.status not in ('SENT', 'FAILED', 'PARKED') and e.deliver_after is null
     and (e.next_retry_at is null or e.next_retry_at <= statement_timestamp())
     and (e.claimed_until is null or e.claimed_until <= statement_timestamp())
),
claimable as materialized (
  select s.* from scanned s
   where not (s.ordered and exists (
     select from ${table} b
      where b.ordered and b.status <> 'SENT' and b.status <> 'PARKED' and b.topic = s.topic and b.key = s.key and b.seq < s.seq
        and b.id <> all (select id from scanned)))
   order by s.seq limit $2
),
${grantClaimsSql(table)}
select * from taken`;

/** Claims those of the listed rows that are free and whose lanes are. Under the same lock as `claimNextRows`. */
export async function claimListedRows(
  sql: Sql,
  { table, ids, limit, leaseMs }: ClaimListedOptions,
): Promise<readonly TakenRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql.query<TakenRow>(claimListedSql(table), [leaseMs, limit, ids.join(',')]);
  return rows;
}
