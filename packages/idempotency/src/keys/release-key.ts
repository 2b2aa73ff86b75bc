import type { Sql } from '@backstitch/postgres';
import type { KeyClaim } from './key-claim.js';

/** Frees a key whose work failed, if the claim is still ours. */
export async function releaseKey(sql: Sql, claim: KeyClaim, epoch: string): Promise<void> {
  await sql.query(
    `delete from ${claim.table} where scope = $1 and request_id = $2 and claim_epoch = $3 and locked_until is not null`,
    [claim.scope, claim.key, epoch],
  );
}
