import type { Sql } from '@backstitch/postgres';

export interface KeyRow {
  readonly request_hash: string | null;
  readonly response_data: string | null;
  readonly response_headers: string | null;
  readonly http_status: number | null;
  /** The work under it has not ended. */
  readonly locked: boolean;
  /** Its time is over by the database's clock. */
  readonly expired: boolean;
}

export async function readKey(
  sql: Sql,
  at: { readonly table: string; readonly scope: string; readonly key: string },
): Promise<KeyRow | undefined> {
  const { rows } = await sql.query<KeyRow>(
    `select request_hash, response_data, response_headers, http_status,
       locked_until is not null as locked, expires_at <= clock_timestamp() as expired
     from ${at.table} where scope = $1 and request_id = $2`,
    [at.scope, at.key],
  );
  return rows[0];
}
