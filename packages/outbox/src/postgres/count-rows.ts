import type { Sql } from '@backstitch/postgres';
import type { OutboxCounts } from '../outbox-store.js';

const countSql = (table: string): string => `
select count(*) filter (where status = 'PENDING')::integer as pending,
       count(*) filter (where status = 'RETRY')::integer as retry,
       count(*) filter (where status = 'FAILED')::integer as failed,
       count(*) filter (where status = 'PARKED')::integer as parked,
       count(*) filter (where deliver_after > statement_timestamp() and status <> 'PARKED')::integer as delayed,
       (extract(epoch from statement_timestamp() - min(created_at) filter (where status in ('PENDING', 'RETRY')
                     and (deliver_after is null or deliver_after <= statement_timestamp()))) * 1000)::float8 as oldest_age_ms,
       (select count(distinct (topic, key)) from ${table}
         where ordered and status in ('RETRY', 'FAILED')
           and (status = 'FAILED' or next_retry_at > statement_timestamp()))::integer as blocked_lanes
  from ${table} where status in ('PENDING', 'RETRY', 'FAILED', 'PARKED')`;

interface Counted {
  readonly pending: number;
  readonly retry: number;
  readonly failed: number;
  readonly parked: number;
  readonly delayed: number;
  readonly oldest_age_ms: number | null;
  readonly blocked_lanes: number;
}

export async function countRows(sql: Sql, table: string): Promise<OutboxCounts> {
  const { rows } = await sql.query<Counted>(countSql(table));
  const [counted] = rows as readonly [Counted];
  return {
    pending: counted.pending,
    retry: counted.retry,
    failed: counted.failed,
    parked: counted.parked,
    delayed: counted.delayed,
    oldestAgeMs: counted.oldest_age_ms === null ? null : Math.max(0, Number(counted.oldest_age_ms)),
    blockedLanes: counted.blocked_lanes,
  };
}
