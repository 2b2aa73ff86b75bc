import type { Sql } from '@backstitch/postgres';
import type { DefinitionKey } from '../engine/saga-store.js';

export interface LiveIdsOptions extends DefinitionKey {
  readonly table: string;
  readonly after: string | null;
  readonly limit: number;
}

// Materialized: in the order of the primary key the planner would walk everything that has ever finished, looking for the few that live.
const liveIdsSql = (table: string): string => `
with live as materialized (
  select id from ${table} where saga = $1 and version = $2 and hash = $3 and finished_at is null
)
select id from live where $4::uuid is null or id > $4::uuid order by id limit $5`;

/** Ids of the instances of a definition that are not finished, in their order. */
export async function liveIds(
  sql: Sql,
  { table, saga, version, hash, after, limit }: LiveIdsOptions,
): Promise<readonly string[]> {
  const { rows } = await sql.query<{ id: string }>(liveIdsSql(table), [saga, version, hash, after, limit]);
  return rows.map(({ id }) => id);
}
