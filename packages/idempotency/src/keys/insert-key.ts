import type { Sql } from '@backstitch/postgres';
import type { KeyClaim } from './key-claim.js';

/**
 * True where the key was free. Waits for a rival's open transaction; if it commits, this answers false and the row can be read by the *next*
 * statement only: one statement that inserts and selects would see neither.
 */
export async function insertKey(sql: Sql, claim: KeyClaim): Promise<boolean> {
  const { rowCount } = await sql.query(
    `insert into ${claim.table}
       (scope, request_id, request_hash, operation_type, resource_id, locked_until, created_at, expires_at)
     select $1, $2, $3, $4, $5, 'infinity', t.now, t.now + $6 * interval '1 millisecond'
     from (select clock_timestamp()::timestamptz(3) as now) t
     on conflict (scope, request_id) do nothing`,
    [claim.scope, claim.key, claim.requestHash, claim.operationType, claim.resourceId, claim.ttlMs],
  );
  return rowCount === 1;
}
