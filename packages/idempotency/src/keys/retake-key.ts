import type { Sql } from '@backstitch/postgres';
import type { KeyClaim } from './key-claim.js';

/** Takes an expired key anew. Of several who saw it expired one wins: the others wait for it and then find the row changed. */
export async function retakeKey(sql: Sql, claim: KeyClaim): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update ${claim.table}
     set request_hash = $3, operation_type = $4, resource_id = $5, response_data = null, response_headers = null, http_status = null,
       locked_until = 'infinity', created_at = clock_timestamp(), expires_at = clock_timestamp() + $6 * interval '1 millisecond'
     where scope = $1 and request_id = $2 and expires_at <= clock_timestamp()`,
    [claim.scope, claim.key, claim.requestHash, claim.operationType, claim.resourceId, claim.ttlMs],
  );
  return rowCount === 1;
}
