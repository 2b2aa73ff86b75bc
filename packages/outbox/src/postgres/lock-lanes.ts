import type { Sql } from '@backstitch/postgres';

// In one order for everybody: transactions that publish to several lanes would deadlock otherwise.
const lockSql = `
select pg_advisory_xact_lock(lane) from (
  select distinct hashtextextended(lane, 0) as lane from unnest($1::text[]) as lane order by 1
) lanes`;

export interface Lane {
  readonly topic: string;
  readonly key: string;
}

/**
 * Makes transactions that publish to one lane wait for each other until they end, so that the lane's order is that of their commits. To be
 * called before the rows are inserted, by a statement of its own: the place in the order must be drawn behind the lock.
 */
export async function lockLanes(sql: Sql, lanes: readonly Lane[]): Promise<void> {
  await sql.query(lockSql, [lanes.map(({ topic, key }) => `backstitch.outbox.lane:${topic}\n${key}`)]);
}
