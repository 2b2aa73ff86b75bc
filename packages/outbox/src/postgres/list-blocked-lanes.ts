import type { Sql } from '@backstitch/postgres';
import type { BlockedLane } from '../outbox-operations.js';

// The heads come from the small index of stuck rows; only what waits behind the heads shown is counted.
const blockedSql = (table: string): string => `
select h.topic, h.key, h.id, h.status, h.last_error, h.created_at,
       (select count(*) from ${table} w
         where w.ordered and w.status <> 'SENT' and w.status <> 'PARKED' and w.topic = h.topic and w.key = h.key and w.seq > h.seq)::integer as waiting
  from (
    select distinct on (topic, key) topic, key, id, status, last_error, created_at, seq from ${table}
     where ordered and status in ('RETRY', 'FAILED') and (status = 'FAILED' or next_retry_at > statement_timestamp())
     order by topic, key, seq
  ) h
 order by h.created_at, h.seq limit $1`;

interface Head {
  readonly topic: string;
  readonly key: string;
  readonly id: string;
  readonly status: 'FAILED' | 'RETRY';
  readonly last_error: string | null;
  readonly created_at: Date;
  readonly waiting: number;
}

export async function listBlockedLanes(
  sql: Sql,
  { limit }: { readonly limit: number },
  options: { readonly table: string },
): Promise<readonly BlockedLane[]> {
  const { rows } = await sql.query<Head>(blockedSql(options.table), [limit]);
  return rows.map(({ id, last_error, created_at, ...head }) => ({
    ...head,
    rowId: id,
    lastError: last_error,
    since: created_at,
  }));
}
