import { type Sql, savepoint } from '@backstitch/postgres';
import { claimKey } from './claim-key.js';
import { finishKey } from './finish-key.js';
import type { KeyClaim, StoredResponse } from './key-claim.js';

export type KeyedOutcome<T> =
  | { readonly kind: 'fresh'; readonly value: T }
  | { readonly kind: 'replayed'; readonly response: StoredResponse };

/** What work that throws takes back with it. */
export type UndoScope = 'savepoint' | 'transaction';

export interface KeyedWork<T> {
  readonly claim: KeyClaim;
  readonly undo: UndoScope;
  readonly lockTimeoutMs: number;
  run(): Promise<{ readonly value: T; readonly response: StoredResponse }>;
}

/**
 * Claim, work and result as one. A caller who catches the work's error and commits all the same must not commit a claim without a result: so what
 * throws leaves nothing, neither the claim nor the work's writes. A savepoint keeps that from the rest of the transaction, for two round trips.
 */
export function runUnderKey<T>(sql: Sql, work: KeyedWork<T>): Promise<KeyedOutcome<T>> {
  const run = (): Promise<KeyedOutcome<T>> => claimAndRun(sql, work);
  return work.undo === 'savepoint' ? savepoint(sql, run) : orAbort(sql, run);
}

async function claimAndRun<T>(sql: Sql, { claim, lockTimeoutMs, run }: KeyedWork<T>): Promise<KeyedOutcome<T>> {
  const state = await claimKey(sql, claim, lockTimeoutMs);
  if (state.kind === 'finished') return { kind: 'replayed', response: state.response };
  const { value, response } = await run();
  await finishKey(sql, claim, { epoch: state.epoch, response });
  return { kind: 'fresh', value };
}

async function orAbort<T>(sql: Sql, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    // Fails on purpose, because no savepoint has this name: from here on the transaction can only be rolled back, whoever catches the error.
    await sql.query('release savepoint backstitch_aborts_here').catch(() => undefined);
    throw error;
  }
}
