/** How the text of an insert comes about. Every text has its parameters in an order of its own, the lease (null for none) the last of them. */
export interface InsertText {
  /** The quoted name of the table. */
  readonly table: string;
  /** Common table expressions of the caller's, each with a comma behind it. */
  readonly beside: string;
}

/** So many parameters come before the caller's own. */
export const insertParameters = { many: 13, one: 12 } as const;

// A millisecond more than the delay: the column rounds, and early is worse than late. `order by` under the insert makes the identity count in
// the order given. The look at the lane is made with the statement's own snapshot: it sees neither these rows nor what
// concurrent transactions have not committed.
/** `$1` is the separator, `$2` to `$12` are the columns as delimited texts. */
export const insertManySql = ({ table, beside }: InsertText): string => `
with ${beside}given as (
  select id::uuid, coalesce(topic, '') as topic, coalesce(key, '') as key, payload, headers,
         coalesce(aggregate_type, '') as aggregate_type, coalesce(aggregate_id, '') as aggregate_id,
         coalesce(event_type, '') as event_type, ordered::boolean, max_retries::integer, ${deliverAfter('deliver')} as deliver_after, place
    from unnest(string_to_array($2, $1), string_to_array($3, $1), string_to_array($4, $1), string_to_array($5, $1),
                string_to_array($6, $1), string_to_array($7, $1), string_to_array($8, $1), string_to_array($9, $1),
                string_to_array($10, $1), string_to_array($11, $1), string_to_array($12, $1))
         with ordinality as g (id, topic, key, payload, headers, aggregate_type, aggregate_id, event_type, ordered, max_retries, deliver, place)
)
insert into ${table} as e (${columns})
select id, topic, key, payload, headers, aggregate_type, aggregate_id, event_type, ordered, max_retries, deliver_after,
       case when deliver_after is null then clock_timestamp() + $13::float8 * interval '1 millisecond' end,
       case when $13::float8 is null then 0 else 1 end
  from given order by place
${reviveSql}
returning ${place}, case when ordered and $13::float8 is not null then (${behindSql(table)}) end as behind`;

/**
 * One row, the most frequent case: most of what the statement for many costs is its planning. `$1` to `$11` are the columns.
 * `looksBehind`: where not, the look at the lane is not even planned.
 */
export const insertOneSql = ({ table, beside }: InsertText, looksBehind: boolean): string => `
${beside === '' ? '' : `with ${beside.replace(/,\s*$/, '')}`}
insert into ${table} as e (${columns})
values ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9::boolean, $10::integer, ${deliverAfter('$11::text')},
        case when left($11::text, 1) = '-' then clock_timestamp() + $12::float8 * interval '1 millisecond' end,
        case when $12::float8 is null then 0 else 1 end)
${reviveSql}
returning ${place}, ${looksBehind ? `(${behindSql(table)})` : 'null::uuid'} as behind`;

const columns = `id, topic, key, payload, headers, aggregate_type, aggregate_id, event_type, ordered, max_retries, deliver_after,
  claimed_until, claim_epoch`;

const place = 'id, seq::float8 as seq, claim_epoch as epoch';

const reviveSql = `on conflict (id) do update set
  topic = excluded.topic, key = excluded.key, payload = excluded.payload, headers = excluded.headers,
  aggregate_type = excluded.aggregate_type, aggregate_id = excluded.aggregate_id, event_type = excluded.event_type,
  ordered = excluded.ordered, max_retries = excluded.max_retries, seq = excluded.seq,
  deliver_after = excluded.deliver_after, blocked = false,
  status = 'PENDING', retry_count = 0, next_retry_at = null, sent_at = null, last_error = null,
  claimed_until = excluded.claimed_until, claim_epoch = e.claim_epoch + 1,
  in_doubt = e.in_doubt or e.status = 'SENT' or e.claimed_until is not null`;

function deliverAfter(text: string): string {
  return `case left(${text}, 1) when '+' then clock_timestamp() + (substr(${text}, 2)::float8 + 1) * interval '1 millisecond'
                       when '@' then substr(${text}, 2)::timestamptz end`;
}

function behindSql(table: string): string {
  return `select b.id from ${table} b
      where b.ordered and b.status <> 'SENT' and b.status <> 'PARKED' and b.topic = e.topic and b.key = e.key and b.seq < e.seq and b.id <> e.id
      order by b.seq desc limit 1`;
}
