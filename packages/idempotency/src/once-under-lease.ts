import type { Database } from '@backstitch/postgres';
import { IdempotencyError } from './errors.js';
import { claimKey, type KeyState } from './keys/claim-key.js';
import { finishKey } from './keys/finish-key.js';
import type { KeyClaim } from './keys/key-claim.js';
import { releaseKey } from './keys/release-key.js';
import {
  defaultLockTimeoutMs,
  keyClaim,
  type OnceCall,
  type OnceContext,
  type OnceOptions,
  type OnceOutcome,
} from './once.js';
import { requirePositive } from './require-option.js';
import { type ResultShape, resultShape } from './result-shape.js';
import { replayedResult, storedResult } from './stored-result.js';

const defaultLeaseMs = 30_000;

export interface LeaseOptions extends OnceOptions {
  /** After this many milliseconds without a result the key is free again. Must exceed the work's own time-outs. Default 30,000. */
  readonly leaseMs?: number;
}

interface LeaseCall {
  readonly options: LeaseOptions & OnceCall['options'];
  work(signal: AbortSignal): Promise<unknown>;
}

export async function onceUnderLease<Trx>(
  database: Database<Trx>,
  context: OnceContext,
  call: LeaseCall,
): Promise<OnceOutcome<unknown>> {
  const shape = resultShape(call.options.result);
  const leaseMs = requirePositive('leaseMs', call.options.leaseMs ?? defaultLeaseMs);
  const claim = { ...keyClaim(context, call.options), leaseMs };
  if (claim.ttlMs < leaseMs) throw leaseTooLong(leaseMs, claim.ttlMs);
  // Begun before the claim, so that it aborts before the lease ends by the database's clock.
  const signal = AbortSignal.timeout(leaseMs);
  const state = await claimAlone(database, claim, call.options.lockTimeoutMs);
  if (state.kind === 'finished') return { kind: 'replayed', value: await replayedResult(shape, state.response) };
  const held = { claim, epoch: state.epoch };
  const { value, response } = await runOrRelease(database, held, async () => workOf(shape, call, signal));
  if (await finishKey(database.sql, claim, { epoch: held.epoch, response })) return { kind: 'fresh', value };
  throw new IdempotencyError('LEASE_LOST', 'The work took longer than its lease, and somebody else took the key.', {
    fields: { scope: claim.scope, key: claim.key, leaseMs },
    hint: 'The effect may have happened twice unless the other side knows the key. Choose a lease longer than the work, or end it by its signal.',
  });
}

function claimAlone<Trx>(database: Database<Trx>, claim: KeyClaim, lockTimeout: number | undefined): Promise<KeyState> {
  const lockTimeoutMs = requirePositive('lockTimeoutMs', lockTimeout ?? defaultLockTimeoutMs);
  return database.transaction((_trx, sql) => claimKey(sql, claim, lockTimeoutMs));
}

async function workOf(shape: ResultShape, call: LeaseCall, signal: AbortSignal): ReturnType<typeof storedResult> {
  return storedResult(shape, await call.work(signal));
}

async function runOrRelease<Trx, T>(
  database: Database<Trx>,
  held: { readonly claim: KeyClaim; readonly epoch: string },
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    // Freed for the next try. If that fails too, the end of the lease frees it; the work's error says more.
    await releaseKey(database.sql, held.claim, held.epoch).catch(() => undefined);
    throw error;
  }
}

function leaseTooLong(leaseMs: number, ttlMs: number): IdempotencyError {
  return new IdempotencyError('OPTION_INVALID', 'leaseMs must not exceed ttlMs.', {
    fields: { field: 'leaseMs', value: leaseMs, ttlMs },
    hint: 'The lease covers the work, the ttl covers the answer: keep the first short.',
  });
}
