import type { Sql } from '@backstitch/postgres';
import { fingerprintOf } from './fingerprint.js';
import { keyScope } from './key-scope.js';
import type { KeyClaim } from './keys/key-claim.js';
import { runUnderKey, type UndoScope } from './keys/run-under-key.js';
import { requireName, requirePositive } from './require-option.js';
import { type ResultCodec, resultShape, type StandardSchemaLike } from './result-shape.js';
import { replayedResult, storedResult } from './stored-result.js';

export const defaultTtlMs = 24 * 60 * 60 * 1000;
export const defaultLockTimeoutMs = 2000;

export interface OnceOptions {
  /** Whose key it is, where one database serves several: keys of tenants never meet, whatever their scopes are called. */
  readonly tenant?: string;
  /** What the key is unique in: `payments`. */
  readonly scope: string;
  /** Names the operation within its scope: an id that the caller repeats when it tries again. */
  readonly key: string;
  /** The payload, any JSON. The same key with another one is refused (`KEY_REUSED`); without it nothing is compared. */
  readonly fingerprint?: unknown;
  /** How long the result is kept and the key refused to others, in milliseconds from the claim. Default 24 hours. */
  readonly ttlMs?: number;
  /** How long to wait for a rival who holds the key in an open transaction, in milliseconds. Default 2,000. */
  readonly lockTimeoutMs?: number;
  /**
   * What work that throws takes back. `savepoint`, the default: claim and work, and the transaction goes on. `transaction`: everything; the
   * transaction is aborted and can only be rolled back, also after `KEY_IN_FLIGHT` and `KEY_REUSED`. That saves two round trips of seven.
   */
  readonly undo?: UndoScope;
  /** Stored for operators. */
  readonly operationType?: string;
  /** Stored for operators. */
  readonly resourceId?: string;
}

export interface OnceOutcome<T> {
  /** `fresh`: the work ran now. `replayed`: it ran before, and this is its stored result. */
  readonly kind: 'fresh' | 'replayed';
  readonly value: T;
}

/** What all operations of one `createIdempotency` share. */
export interface OnceContext {
  readonly table: string;
  readonly secret: string | Uint8Array | undefined;
  /** What the types of problems begin with. */
  readonly problemTypeBase: string;
}

export interface OnceCall {
  readonly options: OnceOptions & { readonly result?: ResultCodec<never> | StandardSchemaLike };
  work(): Promise<unknown>;
}

export async function once(sql: Sql, context: OnceContext, call: OnceCall): Promise<OnceOutcome<unknown>> {
  const shape = resultShape(call.options.result);
  const outcome = await runUnderKey(sql, {
    claim: keyClaim(context, call.options),
    lockTimeoutMs: requirePositive('lockTimeoutMs', call.options.lockTimeoutMs ?? defaultLockTimeoutMs),
    undo: call.options.undo ?? 'savepoint',
    run: async () => storedResult(shape, await call.work()),
  });
  if (outcome.kind === 'fresh') return outcome;
  return { kind: 'replayed', value: await replayedResult(shape, outcome.response) };
}

export function keyClaim(context: OnceContext, options: OnceOptions): KeyClaim {
  return {
    table: context.table,
    scope: keyScope(options),
    key: requireName('key', options.key),
    requestHash: options.fingerprint === undefined ? null : fingerprintOf(options.fingerprint, context.secret),
    operationType: options.operationType ?? null,
    resourceId: options.resourceId ?? null,
    ttlMs: requirePositive('ttlMs', options.ttlMs ?? defaultTtlMs),
    leaseMs: null,
  };
}
