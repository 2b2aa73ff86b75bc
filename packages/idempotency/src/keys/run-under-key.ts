import { type Sql, savepoint } from '@backstitch/postgres';
import { withLockTimeout } from '../lock-timeout.js';
import { claimKey } from './claim-key.js';
import { finishKey } from './finish-key.js';
import type { KeyClaim, StoredResponse } from './key-claim.js';

export type KeyedOutcome<T> =
  | { readonly kind: 'fresh'; readonly value: T }
  | { readonly kind: 'replayed'; readonly response: StoredResponse };

export interface KeyedWork<T> {
  readonly claim: KeyClaim;
  readonly lockTimeoutMs: number;
  run(): Promise<{ readonly value: T; readonly response: StoredResponse }>;
}

/**
 * Claim, work and result in one savepoint of the caller's transaction. A caller who catches the work's error and commits all the same must
 * not commit a claim without a result: so what throws leaves nothing, neither the claim nor the work's writes.
 */
export function runUnderKey<T>(sql: Sql, work: KeyedWork<T>): Promise<KeyedOutcome<T>> {
  const { claim, lockTimeoutMs } = work;
  const fields = { scope: claim.scope, key: claim.key };
  return savepoint(sql, async () => {
    const state = await withLockTimeout(sql, { lockTimeoutMs, fields }, () => claimKey(sql, claim));
    if (state.kind === 'finished') return { kind: 'replayed', response: state.response };
    const { value, response } = await work.run();
    await finishKey(sql, claim, { epoch: state.epoch, response });
    return { kind: 'fresh', value };
  });
}
