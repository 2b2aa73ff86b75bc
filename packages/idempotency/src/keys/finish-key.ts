import type { Sql } from '@backstitch/postgres';
import type { KeyClaim, StoredResponse } from './key-claim.js';

/** False where the claim is no longer ours: its lease ended and somebody else took the key. */
export async function finishKey(
  sql: Sql,
  claim: KeyClaim,
  end: { readonly epoch: string; readonly response: StoredResponse },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update ${claim.table} set response_data = $3, response_headers = $4, http_status = $5, locked_until = null
     where scope = $1 and request_id = $2 and claim_epoch = $6 and locked_until is not null`,
    [claim.scope, claim.key, end.response.data, end.response.headers, end.response.status, end.epoch],
  );
  return rowCount === 1;
}
