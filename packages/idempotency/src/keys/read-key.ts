import type { Sql } from '@backstitch/postgres';

export interface KeyRow {
  readonly request_hash: string | null;
  readonly response_data: string | null;
  readonly response_headers: string | null;
  readonly http_status: number | null;
  /** By the database's clock. `free`: expired, or its lease is over. `locked`: the work under it has not ended. */
  readonly state: 'free' | 'locked' | 'finished';
}

export async function readKey(
  sql: Sql,
  at: { readonly table: string; readonly scope: string; readonly key: string },
): Promise<KeyRow | undefined> {
  const { rows } = await sql.query<KeyRow>(
    `select request_hash, response_data, response_headers, http_status,
       case
         when expires_at <= clock_timestamp() or locked_until <= clock_timestamp() then 'free'
         when locked_until is not null then 'locked'
         else 'finished'
       end as state
     from ${at.table} where scope = $1 and request_id = $2`,
    [at.scope, at.key],
  );
  return rows[0];
}
