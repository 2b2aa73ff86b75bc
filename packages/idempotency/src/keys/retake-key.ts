import type { Sql } from '@backstitch/postgres';
import type { KeyClaim } from './key-claim.js';

/**
 * Takes a key whose time or whose lease is over, and answers the claim's epoch. Of several who saw it free one wins: the others wait for it
 * and then find the row changed. The wait is bounded as in insertKey, in one statement.
 */
export async function retakeKey(sql: Sql, claim: KeyClaim, lockTimeoutMs: number): Promise<string | undefined> {
  const { rows } = await sql.query<{ claim_epoch: string | null }>(
    `with bounded as materialized (
       select current_setting('lock_timeout') as before, set_config('lock_timeout', $8, true), clock_timestamp()::timestamptz(3) as now
     ), retaken as (
       update ${claim.table} k
       set request_hash = $3, operation_type = $4, resource_id = $5, response_data = null, response_headers = null, http_status = null,
         created_at = b.now, expires_at = b.now + $6 * interval '1 millisecond',
         locked_until = coalesce(b.now + $7 * interval '1 millisecond', 'infinity'), claim_epoch = k.claim_epoch + 1
       from bounded b
       where k.scope = $1 and k.request_id = $2 and (k.expires_at <= clock_timestamp() or k.locked_until <= clock_timestamp())
       returning k.claim_epoch
     )
     select r.claim_epoch, set_config('lock_timeout', b.before, true) from bounded b left join retaken r on true`,
    [
      ...[claim.scope, claim.key, claim.requestHash, claim.operationType, claim.resourceId, claim.ttlMs, claim.leaseMs],
      `${lockTimeoutMs}ms`,
    ],
  );
  return rows[0]?.claim_epoch ?? undefined;
}
