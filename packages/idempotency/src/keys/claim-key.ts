import type { Sql } from '@backstitch/postgres';
import { IdempotencyMismatchError, KeyInFlightError } from '../errors.js';
import { insertKey } from './insert-key.js';
import type { KeyClaim, StoredResponse } from './key-claim.js';
import { type KeyRow, readKey } from './read-key.js';
import { retakeKey } from './retake-key.js';

export type KeyState =
  | { readonly kind: 'claimed'; readonly epoch: string }
  | { readonly kind: 'finished'; readonly response: StoredResponse };

/** Each round ends by taking the key, by finding it taken, or because a rival changed it in between; so many rivals in a row are no accident. */
const maxRounds = 10;

/** Takes the key, or answers what is stored under it. Throws where it must not be used (`KEY_REUSED`, `KEY_IN_FLIGHT`). */
export async function claimKey(sql: Sql, claim: KeyClaim): Promise<KeyState> {
  for (let round = 0; round < maxRounds; round += 1) {
    const inserted = await insertKey(sql, claim);
    if (inserted !== undefined) return { kind: 'claimed', epoch: inserted };
    const row = await readKey(sql, claim);
    // Gone: pruned, released, or its transaction rolled back, between the two statements.
    if (row === undefined) continue;
    if (row.state !== 'free') return judge(claim, row);
    const retaken = await retakeKey(sql, claim);
    if (retaken !== undefined) return { kind: 'claimed', epoch: retaken };
  }
  throw new KeyInFlightError({ scope: claim.scope, key: claim.key });
}

function judge(claim: KeyClaim, row: KeyRow): KeyState {
  const fields = { scope: claim.scope, key: claim.key };
  // Where one of the two came without a fingerprint there is nothing to compare.
  const comparable = claim.requestHash !== null && row.request_hash !== null;
  if (comparable && claim.requestHash !== row.request_hash) throw new IdempotencyMismatchError(fields);
  // Under a lease, or by our own transaction: work that uses the key it runs under.
  if (row.state === 'locked') throw new KeyInFlightError(fields);
  return {
    kind: 'finished',
    response: { data: row.response_data, headers: row.response_headers, status: row.http_status },
  };
}
