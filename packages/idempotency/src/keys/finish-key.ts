import type { Sql } from '@backstitch/postgres';
import type { KeyClaim, StoredResponse } from './key-claim.js';

export async function finishKey(sql: Sql, claim: KeyClaim, response: StoredResponse): Promise<void> {
  await sql.query(
    `update ${claim.table} set response_data = $3, response_headers = $4, http_status = $5, locked_until = null
     where scope = $1 and request_id = $2`,
    [claim.scope, claim.key, response.data, response.headers, response.status],
  );
}
