import type { Sql } from '@backstitch/postgres';
import type { KeyClaim } from './key-claim.js';

/**
 * The claim's epoch where the key was free. Waits for a rival's open transaction; if it commits, this answers undefined and the row can be read
 * by the *next* statement only: one statement that inserts and selects would see neither.
 */
export async function insertKey(sql: Sql, claim: KeyClaim): Promise<string | undefined> {
  const { rows } = await sql.query<{ claim_epoch: string }>(
    `insert into ${claim.table}
       (scope, request_id, request_hash, operation_type, resource_id, created_at, expires_at, locked_until)
     select $1, $2, $3, $4, $5, t.now, t.now + $6 * interval '1 millisecond',
       coalesce(t.now + $7 * interval '1 millisecond', 'infinity')
     from (select clock_timestamp()::timestamptz(3) as now) t
     on conflict (scope, request_id) do nothing
     returning claim_epoch`,
    [claim.scope, claim.key, claim.requestHash, claim.operationType, claim.resourceId, claim.ttlMs, claim.leaseMs],
  );
  return rows[0]?.claim_epoch;
}
