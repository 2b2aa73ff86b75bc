import type { Sql } from '@backstitch/postgres';

export interface LiveHashesOptions {
  readonly table: string;
  readonly saga: string;
  readonly version: number;
}

const liveSql = (table: string): string => `
select hash, count(*)::integer as live from ${table} where saga = $1 and version = $2 and finished_at is null group by hash order by hash`;

/** How many instances of this name and version are not finished, by hash. */
export async function liveHashes(
  sql: Sql,
  { table, saga, version }: LiveHashesOptions,
): Promise<readonly { readonly hash: string; readonly live: number }[]> {
  const { rows } = await sql.query<{ hash: string; live: number }>(liveSql(table), [saga, version]);
  return rows.map(({ hash, live }) => ({ hash, live }));
}
