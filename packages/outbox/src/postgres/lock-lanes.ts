import type { Sql } from '@backstitch/postgres';
import type { Lane } from '../outbox-table.js';

// In one order for everybody: transactions that publish to several lanes would deadlock otherwise.
const lockSql = `
select pg_advisory_xact_lock(lane) from (
  select distinct hashtextextended(lane, 0) as lane from unnest($1::text[]) as lane order by 1
) lanes`;

/** A statement of its own, before the insert: its snapshot and its place in the order come behind the lock. */
export async function lockLanes(sql: Sql, lanes: readonly Lane[]): Promise<void> {
  await sql.query(lockSql, [lanes.map(({ topic, key }) => `backstitch.outbox.lane:${topic}\n${key}`)]);
}
