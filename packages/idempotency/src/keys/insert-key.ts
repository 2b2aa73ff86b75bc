import type { Sql } from '@backstitch/postgres';
import type { KeyClaim } from './key-claim.js';

/**
 * The claim's epoch where the key was free. Waits at most `lockTimeoutMs` for a rival's open transaction (55P03); if it commits, this answers
 * undefined and the row can be read by the *next* statement only: one statement that inserts and selects would see neither.
 *
 * The bound is set, used and put back in one statement, because each further one is a round trip of every claim: `bounded` is read by the
 * insert, so it is set before the insert waits, and the outer select comes after the join with what was inserted.
 */
export async function insertKey(sql: Sql, claim: KeyClaim, lockTimeoutMs: number): Promise<string | undefined> {
  const { rows } = await sql.query<{ claim_epoch: string | null }>(
    `with bounded as materialized (
       select current_setting('lock_timeout') as before, set_config('lock_timeout', $8, true), clock_timestamp()::timestamptz(3) as now
     ), inserted as (
       insert into ${claim.table}
         (scope, request_id, request_hash, operation_type, resource_id, created_at, expires_at, locked_until)
       select $1, $2, $3, $4, $5, b.now, b.now + $6 * interval '1 millisecond',
         coalesce(b.now + $7 * interval '1 millisecond', 'infinity')
       from bounded b
       on conflict (scope, request_id) do nothing
       returning claim_epoch
     )
     select i.claim_epoch, set_config('lock_timeout', b.before, true) from bounded b left join inserted i on true`,
    [
      ...[claim.scope, claim.key, claim.requestHash, claim.operationType, claim.resourceId, claim.ttlMs, claim.leaseMs],
      `${lockTimeoutMs}ms`,
    ],
  );
  return rows[0]?.claim_epoch ?? undefined;
}
