import type { OutboxCounts } from '@backstitch/outbox';
import type { MysqlSql } from '../mysql-database.js';

const countSql = (table: string): string => `
select count(case when status = 'PENDING' then 1 end) as pending,
       count(case when status = 'RETRY' then 1 end) as retry,
       count(case when status = 'FAILED' then 1 end) as failed,
       count(case when status = 'PARKED' then 1 end) as parked,
       count(case when deliver_after > utc_timestamp(3) and status <> 'PARKED' then 1 end) as delayed_rows,
       timestampdiff(microsecond, min(case when status in ('PENDING', 'RETRY') and (deliver_after is null or deliver_after <= utc_timestamp(3))
                                           then created_at end), utc_timestamp(3)) as oldest_age_us,
       count(distinct case when status = 'FAILED' or next_retry_at > utc_timestamp(3) then stuck end) as blocked_lanes
  from ${table} force index (outbox_events_status) where status in ('PENDING', 'RETRY', 'FAILED', 'PARKED')`;

interface Counted {
  readonly pending: number;
  readonly retry: number;
  readonly failed: number;
  readonly parked: number;
  readonly delayed_rows: number;
  readonly oldest_age_us: number | null;
  readonly blocked_lanes: number;
}

export async function countRows(sql: MysqlSql, table: string): Promise<OutboxCounts> {
  const { rows } = await sql.query<Counted>(countSql(table));
  const [counted] = rows as readonly [Counted];
  return {
    pending: Number(counted.pending),
    retry: Number(counted.retry),
    failed: Number(counted.failed),
    parked: Number(counted.parked),
    delayed: Number(counted.delayed_rows),
    oldestAgeMs: counted.oldest_age_us === null ? null : Math.max(0, Number(counted.oldest_age_us) / 1_000),
    blockedLanes: Number(counted.blocked_lanes),
  };
}
