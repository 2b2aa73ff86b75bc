import type { Sql } from '@backstitch/postgres';

/** A finished key, as an operator or a status page reads it. */
export interface StoredKey {
  /** As it is stored: a tenant's with the tenant in front. */
  readonly scope: string;
  readonly key: string;
  readonly operationType: string | null;
  readonly resourceId: string | null;
  /** 64 hexadecimal digits, or null where no fingerprint was given. */
  readonly requestHash: string | null;
  /** JSON text for `once`, the body for a request; null where the work answered nothing. */
  readonly data: string | null;
  readonly httpStatus: number | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** Undefined where the key is free, expired, or held by a transaction that has not committed. */
export async function lookupKey(
  sql: Sql,
  at: { readonly table: string; readonly scope: string; readonly key: string },
): Promise<StoredKey | undefined> {
  const { rows } = await sql.query<StoredKey>(
    `select scope, request_id as key, operation_type as "operationType", resource_id as "resourceId", request_hash as "requestHash",
       response_data as data, http_status as "httpStatus", created_at as "createdAt", expires_at as "expiresAt"
     from ${at.table}
     where scope = $1 and request_id = $2 and locked_until is null and expires_at > clock_timestamp()`,
    [at.scope, at.key],
  );
  return rows[0];
}
