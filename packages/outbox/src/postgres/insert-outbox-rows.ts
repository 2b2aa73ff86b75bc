import { delimitedColumns, type Sql } from '@backstitch/postgres';
import type { ClaimedRow, DeliverAfter, NewOutboxRow } from '../outbox-row.js';
import { refuseTwins } from '../refuse-twins.js';

export interface InsertOutboxRowsOptions {
  /** The quoted name of the table. */
  readonly table: string;
  readonly bornLeaseMs: number | undefined;
  readonly monotonicNowMs: () => number;
}

interface Inserted {
  readonly id: string;
  readonly seq: number;
  readonly epoch: number;
  readonly behind: string | null;
}

// A millisecond more than the delay: the column rounds, and early is worse than late. `order by` under the insert makes the identity count in
// the order given. The look at the lane is made with the statement's own snapshot: it sees neither these rows nor what
// concurrent transactions have not committed.
const insertSql = (table: string): string => `
with given as (
  select id::uuid, coalesce(topic, '') as topic, coalesce(key, '') as key, payload, headers,
         coalesce(aggregate_type, '') as aggregate_type, coalesce(aggregate_id, '') as aggregate_id,
         coalesce(event_type, '') as event_type, ordered::boolean, max_retries::integer,
         case left(deliver, 1) when '+' then clock_timestamp() + (substr(deliver, 2)::float8 + 1) * interval '1 millisecond'
                               when '@' then substr(deliver, 2)::timestamptz end as deliver_after, place
    from unnest(string_to_array($2, $1), string_to_array($3, $1), string_to_array($4, $1), string_to_array($5, $1),
                string_to_array($6, $1), string_to_array($7, $1), string_to_array($8, $1), string_to_array($9, $1),
                string_to_array($10, $1), string_to_array($11, $1), string_to_array($12, $1))
         with ordinality as g (id, topic, key, payload, headers, aggregate_type, aggregate_id, event_type, ordered, max_retries, deliver, place)
)
insert into ${table} as e
  (id, topic, key, payload, headers, aggregate_type, aggregate_id, event_type, ordered, max_retries, deliver_after, claimed_until,
   claim_epoch)
select id, topic, key, payload, headers, aggregate_type, aggregate_id, event_type, ordered, max_retries, deliver_after,
       case when deliver_after is null then clock_timestamp() + $13::float8 * interval '1 millisecond' end,
       case when $13::float8 is null then 0 else 1 end
  from given order by place
on conflict (id) do update set
  topic = excluded.topic, key = excluded.key, payload = excluded.payload, headers = excluded.headers,
  aggregate_type = excluded.aggregate_type, aggregate_id = excluded.aggregate_id, event_type = excluded.event_type,
  ordered = excluded.ordered, max_retries = excluded.max_retries, seq = excluded.seq,
  deliver_after = excluded.deliver_after, blocked = false,
  status = 'PENDING', retry_count = 0, next_retry_at = null, sent_at = null, last_error = null,
  claimed_until = excluded.claimed_until, claim_epoch = e.claim_epoch + 1,
  in_doubt = e.in_doubt or e.status = 'SENT' or e.claimed_until is not null
returning id, seq::float8 as seq, claim_epoch as epoch,
  case when ordered and $13::float8 is not null then
    (select b.id from ${table} b
      where b.ordered and b.status <> 'SENT' and b.status <> 'PARKED' and b.topic = e.topic and b.key = e.key and b.seq < e.seq and b.id <> e.id
      order by b.seq desc limit 1)
  end as behind`;

/** Inserts or revives all rows in one statement. Answers them as claimed rows where they are born under a lease, otherwise nothing. */
export async function insertOutboxRows(
  sql: Sql,
  rows: readonly NewOutboxRow[],
  options: InsertOutboxRowsOptions,
): Promise<readonly ClaimedRow[]> {
  if (rows.length === 0) return [];
  refuseTwins(rows);
  const { separator, columns } = delimitedColumns([
    rows.map((row) => row.id),
    rows.map((row) => row.topic),
    rows.map((row) => row.key),
    rows.map((row) => row.payload),
    rows.map((row) => JSON.stringify(row.headers)),
    rows.map((row) => row.aggregateType),
    rows.map((row) => row.aggregateId),
    rows.map((row) => row.eventType),
    rows.map((row) => (row.ordered ? 't' : 'f')),
    rows.map((row) => String(row.maxRetries ?? 3)),
    rows.map((row) => deliverText(row.deliverAfter)),
  ]);
  // Before the statement: the database's lease begins later than this, so that ours ends earlier. One millisecond is lost to rounding.
  const leaseEndsAtMs = options.monotonicNowMs() + (options.bornLeaseMs ?? 0) - 1;
  const inserted = await sql.query<Inserted>(insertSql(options.table), [
    separator,
    ...columns,
    options.bornLeaseMs ?? null,
  ]);
  if (options.bornLeaseMs === undefined) return [];
  const byId = new Map(inserted.rows.map((row) => [row.id, row]));
  return rows.flatMap((row) => {
    const place = byId.get(row.id.toLowerCase());
    // A delayed row is nobody's yet: it waits in the table.
    if (place === undefined || row.deliverAfter !== undefined) return [];
    const { maxRetries: _, deliverAfter: __, ...content } = row;
    return [
      { ...content, id: place.id, seq: Number(place.seq), epoch: place.epoch, leaseEndsAtMs, behind: place.behind },
    ];
  });
}

/** Never empty: a single empty string would be split to an array of none. */
function deliverText(deliverAfter: DeliverAfter | undefined): string {
  if (deliverAfter === undefined) return '-';
  return deliverAfter instanceof Date ? `@${deliverAfter.toISOString()}` : `+${deliverAfter.ms}`;
}
