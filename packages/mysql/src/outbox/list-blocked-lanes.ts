import type { BlockedLane } from '@backstitch/outbox';
import type { MysqlSql } from '../mysql-database.js';
import { epochMs, wholeNumber } from './literal.js';

// The heads come from the small index of stuck rows; only what waits behind the heads shown is counted.
const blockedSql = (table: string, limit: number): string => `
select h.topic, h.\`key\`, h.id, h.status, h.last_error, ${epochMs('h.created_at')} as since_ms,
       (select count(*) from ${table} w where w.lane = h.lane and w.seq > h.seq) as waiting
  from (
    select e.* from ${table} e join (
      select min(seq) as seq from ${table} force index (outbox_events_stuck)
       where stuck is not null and (status = 'FAILED' or next_retry_at > utc_timestamp(3)) group by stuck
    ) heads on heads.seq = e.seq
     order by e.created_at, e.seq limit ${wholeNumber(limit)}
  ) h
 order by h.created_at, h.seq`;

interface Head {
  readonly topic: string;
  readonly key: string;
  readonly id: string;
  readonly status: 'FAILED' | 'RETRY';
  readonly last_error: string | null;
  readonly since_ms: number;
  readonly waiting: number;
}

export async function listBlockedLanes(sql: MysqlSql, limit: number, table: string): Promise<readonly BlockedLane[]> {
  const { rows } = await sql.query<Head>(blockedSql(table, limit));
  return rows.map(({ id, last_error, since_ms, waiting, ...head }) => ({
    ...head,
    rowId: id,
    lastError: last_error,
    since: new Date(Number(since_ms)),
    waiting: Number(waiting),
  }));
}
