import type { Sql } from '@backstitch/postgres';
import { IdempotencyMismatchError, KeyInFlightError } from '../errors.js';
import { fingerprintOf } from '../fingerprint.js';
import { runUnderKey, type UndoScope } from '../keys/run-under-key.js';
import { defaultLockTimeoutMs, keyClaim, type OnceContext } from '../once.js';
import { requirePositive } from '../require-option.js';
import { type HttpResponse, isTransient, TransientResponse, toReplayed, toStored } from './http-response.js';
import { problem } from './problem.js';
import { requestKey } from './request-key.js';

export interface RequestOptions {
  /** Whose service it is, where one database serves several tenants. */
  readonly tenant?: string;
  /** Who asks: the authenticated user or tenant. Keys of one are never seen by another. */
  readonly principal: string;
  readonly method: string;
  /** The route's pattern with its parameters filled in: `/orders/o-1/payments`. */
  readonly route: string;
  /** The header `Idempotency-Key` as the framework gives it. */
  readonly key: string | readonly string[] | undefined;
  /** The query string without its question mark. Another one under the same key is answered 422. */
  readonly query?: string;
  /** What the fingerprint is taken of: parsed JSON, text or bytes. Another body under the same key is answered 422. */
  readonly body: unknown;
  /** How long the response is kept, in milliseconds. Default 24 hours. */
  readonly ttlMs?: number;
  /** How long to wait for the same request in flight before 409, in milliseconds. Default 2,000. */
  readonly lockTimeoutMs?: number;
}

export interface RequestOutcome {
  /**
   * `fresh`: the handler ran. `replayed`: it ran before; status, headers and body are those of then, marked by `Idempotency-Replayed: true`.
   * `refused`: it did not run; the response is a problem+json of 400, 409 or 422.
   */
  readonly kind: 'fresh' | 'replayed' | 'refused';
  readonly response: HttpResponse;
}

const maxScopeBytes = 256;

/** In the caller's transaction, which goes on whatever comes out. */
export async function idempotentRequest(
  sql: Sql,
  context: OnceContext,
  call: { readonly options: RequestOptions; handler(): Promise<HttpResponse> },
): Promise<RequestOutcome> {
  const header = requestKey(call.options.key);
  if (header.kind !== 'key') return { kind: 'refused', response: problem(header, context.problemTypeBase) };
  const request = requestUnderKey(context, call.options, header.key);
  try {
    return await request.run(sql, 'savepoint', call.handler);
  } catch (error) {
    return request.answerTo(error);
  }
}

export interface RequestUnderKey {
  /** Throws what becomes an answer only where the writes are undone: it is to be asked for by `answerTo`. */
  run(sql: Sql, undo: UndoScope, handler: () => Promise<HttpResponse>): Promise<RequestOutcome>;
  /** Rethrows what is not about this key. */
  answerTo(error: unknown): RequestOutcome;
}

export function requestUnderKey(context: OnceContext, options: RequestOptions, key: string): RequestUnderKey {
  const method = options.method.toUpperCase();
  const claim = keyClaim(context, {
    ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
    scope: requestScope(options.principal, method, options.route),
    key,
    fingerprint: requestFingerprint(options),
    operationType: `${method} ${options.route}`,
    ...(options.ttlMs === undefined ? {} : { ttlMs: options.ttlMs }),
  });
  const lockTimeoutMs = requirePositive('lockTimeoutMs', options.lockTimeoutMs ?? defaultLockTimeoutMs);
  return {
    async run(sql, undo, handler) {
      const run = async () => {
        const value = await handler();
        if (isTransient(value.status)) throw new TransientResponse(value);
        return { value, response: toStored(value) };
      };
      const outcome = await runUnderKey(sql, { claim, lockTimeoutMs, undo, run });
      if (outcome.kind === 'fresh') return { kind: 'fresh', response: outcome.value };
      return { kind: 'replayed', response: toReplayed(outcome.response) };
    },
    answerTo: (error) => answerTo(error, claim, context),
  };
}

/** Bodies that are bytes or text as their own hash: as members of an object they would be spelled out. */
function requestFingerprint({ query = '', body = null }: RequestOptions): object {
  return { query, body: typeof body === 'object' && !(body instanceof Uint8Array) ? body : fingerprintOf(body) };
}

/** As JSON, so that no principal can be written that ends in another's method and route. A long one, which a caller may send, by its hash. */
function requestScope(principal: string, method: string, route: string): string {
  const names = JSON.stringify([principal, method, route]);
  return Buffer.byteLength(names, 'utf8') <= maxScopeBytes ? `http:${names}` : `http:${fingerprintOf(names)}`;
}

/** Only what is about this very key: the handler may use keys of its own, and their trouble is its own. */
function answerTo(
  error: unknown,
  claim: { readonly scope: string; readonly key: string },
  context: OnceContext,
): RequestOutcome {
  if (error instanceof TransientResponse) return { kind: 'fresh', response: error.response };
  const refused =
    error instanceof KeyInFlightError ? 'in-flight' : error instanceof IdempotencyMismatchError ? 'reused' : undefined;
  if (refused === undefined) throw error;
  const { fields } = error as KeyInFlightError | IdempotencyMismatchError;
  if (fields['scope'] !== claim.scope || fields['key'] !== claim.key) throw error;
  return { kind: 'refused', response: problem({ kind: refused }, context.problemTypeBase) };
}
