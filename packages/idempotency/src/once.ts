import type { Sql } from '@backstitch/postgres';
import { fingerprintOf } from './fingerprint.js';
import { toJsonText } from './json-text.js';
import type { KeyClaim } from './keys/key-claim.js';
import { runUnderKey } from './keys/run-under-key.js';
import { requireName, requirePositive } from './require-option.js';
import { decodeResult, encodeResult, type ResultCodec, resultShape, type StandardSchemaLike } from './result-shape.js';

export const defaultTtlMs = 24 * 60 * 60 * 1000;
export const defaultLockTimeoutMs = 2000;

export interface OnceOptions {
  /** What the key is unique in: `payments`, `tenant-7/orders`. */
  readonly scope: string;
  /** Names the operation within its scope: an id that the caller repeats when it tries again. */
  readonly key: string;
  /** The payload, any JSON. The same key with another one is refused (`KEY_REUSED`); without it nothing is compared. */
  readonly fingerprint?: unknown;
  /** How long the result is kept and the key refused to others, in milliseconds from the claim. Default 24 hours. */
  readonly ttlMs?: number;
  /** How long to wait for a rival who holds the key in an open transaction, in milliseconds. Default 2,000. */
  readonly lockTimeoutMs?: number;
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
}

export interface OnceCall {
  readonly options: OnceOptions & { readonly result?: ResultCodec<never> | StandardSchemaLike };
  work(): Promise<unknown>;
}

export async function once(sql: Sql, context: OnceContext, call: OnceCall): Promise<OnceOutcome<unknown>> {
  const { options, work } = call;
  const shape = resultShape(options.result);
  const outcome = await runUnderKey(sql, {
    claim: keyClaim(context, options),
    lockTimeoutMs: requirePositive('lockTimeoutMs', options.lockTimeoutMs ?? defaultLockTimeoutMs),
    run: async () => {
      const value = await work();
      const data = toJsonText(encodeResult(shape, value));
      // Read back inside the savepoint: a result that breaks its schema must leave nothing.
      const answered = shape.kind === 'schema' ? await decodeResult(shape, fromJsonText(data)) : value;
      return { value: answered, response: { data, headers: null, status: null } };
    },
  });
  if (outcome.kind === 'fresh') return outcome;
  return { kind: 'replayed', value: await decodeResult(shape, fromJsonText(outcome.response.data)) };
}

export function keyClaim(context: OnceContext, options: OnceOptions): KeyClaim {
  return {
    table: context.table,
    scope: requireName('scope', options.scope),
    key: requireName('key', options.key),
    requestHash: options.fingerprint === undefined ? null : fingerprintOf(options.fingerprint, context.secret),
    operationType: options.operationType ?? null,
    resourceId: options.resourceId ?? null,
    ttlMs: requirePositive('ttlMs', options.ttlMs ?? defaultTtlMs),
  };
}

function fromJsonText(text: string | null): unknown {
  return text === null ? undefined : (JSON.parse(text) as unknown);
}
