import type { ClaimedRow } from '../outbox-row.js';

/**
 * The second half of both claim statements: takes the rows of the CTE `claimable (tid, id, seq, topic, key, ordered)`.
 *
 * A row locked by some transaction is passed over, or one open transaction could stop the whole relay; but then nothing behind it in its lane is
 * taken either. By `ctid = any(array(…))` because a join on a key lets the planner scan the table: 438 against 4,304 claims a second.
 * For the same reason `in (select …)`, which is hashed always: with the statistics of an empty table a join of the two is a nested loop, and a
 * claim of 2,000 rows took 750 ms, not 175. `$1` is the lease in milliseconds.
 */
export const grantClaimsSql = (table: string): string => `
locked as materialized (
  select e.id from ${table} e
   where e.ctid = any(array(select tid from claimable)) and e.status in ('PENDING', 'RETRY')
     and (e.claimed_until is null or e.claimed_until <= statement_timestamp())
     for update skip locked
),
granted as (
  select tid from (
    select c.tid, c.ordered, c.free, bool_and(c.free or not c.ordered) over (partition by c.topic, c.key order by c.seq) as lane_free
      from (select claimable.*, id in (select id from locked) as free from claimable) c
  ) c
  where free and (lane_free or not ordered)
),
taken as (
  update ${table} e
     set claim_epoch = e.claim_epoch + 1, in_doubt = e.in_doubt or e.claimed_until is not null, blocked = false,
         claimed_until = clock_timestamp() + $1::float8 * interval '1 millisecond'
   where e.ctid = any(array(select tid from granted))
  returning e.id, e.seq::float8 as seq, e.claim_epoch as epoch, e.topic, e.key, e.payload, e.headers, e.aggregate_type, e.aggregate_id,
            e.event_type, e.ordered
)`;

/** A row of the CTE `taken`. */
export interface TakenRow {
  readonly id: string;
  readonly seq: number;
  readonly epoch: number;
  readonly topic: string;
  readonly key: string;
  readonly payload: string;
  readonly headers: string;
  readonly aggregate_type: string;
  readonly aggregate_id: string;
  readonly event_type: string;
  readonly ordered: boolean;
}

/** In the table's order, which RETURNING does not keep. */
export function claimedRows(taken: readonly TakenRow[], leaseEndsAtMs: number): readonly ClaimedRow[] {
  return taken
    .map((row) => ({
      id: row.id,
      seq: Number(row.seq),
      epoch: row.epoch,
      topic: row.topic,
      key: row.key,
      payload: row.payload,
      headers: JSON.parse(row.headers) as Record<string, string>,
      aggregateType: row.aggregate_type,
      aggregateId: row.aggregate_id,
      eventType: row.event_type,
      ordered: row.ordered,
      leaseEndsAtMs,
      behind: null,
    }))
    .sort((one, other) => one.seq - other.seq);
}
