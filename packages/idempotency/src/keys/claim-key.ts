import { type Sql, sqlState } from '@backstitch/postgres';
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

/**
 * Takes the key, or answers what is stored under it. Throws where it must not be used (`KEY_REUSED`, `KEY_IN_FLIGHT`). Where a rival holds it in an open
 * transaction it waits, each time at most `lockTimeoutMs`: a wait that ends without the lock aborts the transaction, so this stands in a savepoint.
 */
export async function claimKey(sql: Sql, claim: KeyClaim, lockTimeoutMs: number): Promise<KeyState> {
  try {
    return await claimRounds(sql, claim, lockTimeoutMs);
  } catch (error) {
    if (sqlState(error) !== '55P03') throw error;
    throw new KeyInFlightError({ scope: claim.scope, key: claim.key, waitedMs: lockTimeoutMs }, error);
  }
}

async function claimRounds(sql: Sql, claim: KeyClaim, lockTimeoutMs: number): Promise<KeyState> {
  for (let round = 0; round < maxRounds; round += 1) {
    const inserted = await insertKey(sql, claim, lockTimeoutMs);
    if (inserted !== undefined) return { kind: 'claimed', epoch: inserted };
    const row = await readKey(sql, claim);
    // Gone: pruned, released, or its transaction rolled back, between the two statements.
    if (row === undefined) continue;
    if (row.state !== 'free') return judge(claim, row);
    const retaken = await retakeKey(sql, claim, lockTimeoutMs);
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
