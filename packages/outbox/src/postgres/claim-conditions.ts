/**
 * The rows of the claim's index, of `e`: unsent, with no day to wait for, and not set aside. In the index's own words, and by `<>`, which no
 * other index serves: by `in` the walk might be planned over the index on status, which reads and sorts all that is unsent.
 */
export const mayBeClaimed = `e.sent_at is null and e.deliver_after is null and not e.blocked and e.status <> 'FAILED' and e.status <> 'PARKED'`;

/** The rows of `e`'s lane that hold it up: any of them, or those that do for more than a minute. */
export const isBehindObstacle = (table: string, which: 'any' | 'long'): string => `
       select from ${table} b
        where b.ordered and b.status in ('RETRY', 'FAILED') and b.topic = e.topic and b.key = e.key and b.seq < e.seq
          and (b.status = 'FAILED' or b.next_retry_at > statement_timestamp()${which === 'long' ? ` + interval '1 minute'` : ''})`;
