import { type Database, defaultSchema, quoteIdentifier, validateSchemaName } from '@backstitch/postgres';
import { type AttemptOutcome, attempt } from './attempt.js';
import { type ExchangeOptions, exchange } from './http/exchange.js';
import type { HttpResponse } from './http/http-response.js';
import { idempotentRequest, type RequestOptions, type RequestOutcome } from './http/idempotent-request.js';
import { defaultProblemTypeBase } from './http/problem.js';
import { type ConsumeOptions, type ConsumeOutcome, consumeOnce } from './inbox/consume-once.js';
import { pruneMessages } from './inbox/prune-messages.js';
import { keyScope } from './key-scope.js';
import { lookupKey, type StoredKey } from './keys/lookup-key.js';
import { pruneKeys } from './keys/prune-keys.js';
import { type OnceOptions, type OnceOutcome, once } from './once.js';
import { type LeaseOptions, onceUnderLease } from './once-under-lease.js';
import { type PruneOptions, prune } from './prune.js';
import { requireName, requirePositive } from './require-option.js';
import type { ResultCodec, StandardSchemaLike } from './result-shape.js';

export interface IdempotencyOptions<Trx> {
  readonly database: Database<Trx>;
  /** Default `backstitch`. */
  readonly schema?: string;
  /** Makes fingerprints HMACs: without it, who reads the table can guess short payloads. All processes need the same one. */
  readonly fingerprintSecret?: string | Uint8Array;
  /**
   * What the `type` of a problem begins with: the address under which you document `idempotency-key-missing`, `-invalid`, `-in-flight` and
   * `-reused`. Default `urn:backstitch:problem:`.
   */
  readonly problemTypeBase?: string;
}

/** Work that is done once per key, in the caller's own transaction. */
export interface Idempotency<Trx> {
  /**
   * Runs `work` unless it ran before under this key; claim, work and result commit together with the caller's transaction, and a rollback or a
   * crash frees the key at once. Work that throws leaves nothing, its error is rethrown and the transaction goes on.
   * Throws `KEY_REUSED` (another fingerprint), `KEY_IN_FLIGHT` (a rival has not ended), `RESULT_NOT_JSON`.
   */
  once<T>(
    trx: Trx,
    options: OnceOptions & { readonly result: ResultCodec<T> },
    work: () => Promise<T>,
  ): Promise<OnceOutcome<T>>;
  once<Input, Output>(
    trx: Trx,
    options: OnceOptions & { readonly result: StandardSchemaLike<Input, Output> },
    work: () => Promise<Input>,
  ): Promise<OnceOutcome<Output>>;
  once<T>(trx: Trx, options: OnceOptions, work: () => Promise<T>): Promise<OnceOutcome<T>>;
  /** `once` with all four outcomes as values: `fresh`, `replayed`, `in-flight`, `mismatch`. The transaction goes on after each of them. */
  tryOnce<T>(
    trx: Trx,
    options: OnceOptions & { readonly result: ResultCodec<T> },
    work: () => Promise<T>,
  ): Promise<AttemptOutcome<T>>;
  tryOnce<Input, Output>(
    trx: Trx,
    options: OnceOptions & { readonly result: StandardSchemaLike<Input, Output> },
    work: () => Promise<Input>,
  ): Promise<AttemptOutcome<Output>>;
  tryOnce<T>(trx: Trx, options: OnceOptions, work: () => Promise<T>): Promise<AttemptOutcome<T>>;
  /** `onceUnderLease` with all four outcomes as values. `LEASE_LOST` stays an error: the effect may have happened twice. */
  lease<T>(
    options: LeaseOptions & { readonly result: ResultCodec<T> },
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<AttemptOutcome<T>>;
  lease<Input, Output>(
    options: LeaseOptions & { readonly result: StandardSchemaLike<Input, Output> },
    work: (signal: AbortSignal) => Promise<Input>,
  ): Promise<AttemptOutcome<Output>>;
  lease<T>(options: LeaseOptions, work: (signal: AbortSignal) => Promise<T>): Promise<AttemptOutcome<T>>;
  /**
   * For work whose effect is outside the database: claims the key in a transaction of its own, runs `work` in none, then stores its result. A
   * crash frees the key when the lease ends; the effect is at-least-once, so hand the key on. Throws what `once` throws, at once where the key
   * is under somebody's lease, and `LEASE_LOST` where the work took longer than its own.
   */
  onceUnderLease<T>(
    options: LeaseOptions & { readonly result: ResultCodec<T> },
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<OnceOutcome<T>>;
  onceUnderLease<Input, Output>(
    options: LeaseOptions & { readonly result: StandardSchemaLike<Input, Output> },
    work: (signal: AbortSignal) => Promise<Input>,
  ): Promise<OnceOutcome<Output>>;
  onceUnderLease<T>(options: LeaseOptions, work: (signal: AbortSignal) => Promise<T>): Promise<OnceOutcome<T>>;
  /** The core of the HTTP header `Idempotency-Key`, for any framework. A response of 408, 425, 429 or 5xx is not stored and undoes the handler's writes. */
  idempotentRequest(trx: Trx, options: RequestOptions, handler: () => Promise<HttpResponse>): Promise<RequestOutcome>;
  /**
   * `idempotentRequest` in a transaction of its own, answered after the COMMIT: what the adapters for Express, Fastify, Hono and NestJS stand on.
   * A handler that throws, or takes longer than `handlerTimeoutMs` (`HANDLER_TIMED_OUT`), leaves nothing, and its error is thrown on.
   */
  exchange(options: ExchangeOptions, handler: (trx: Trx) => Promise<HttpResponse>): Promise<RequestOutcome>;
  /** The inbox: runs `work` unless this consumer has processed the message before. */
  consumeOnce<T>(trx: Trx, options: ConsumeOptions, work: () => Promise<T>): Promise<ConsumeOutcome<T>>;
  /** What is stored under a key; undefined where it is free, expired, or not committed yet. Runs outside any transaction. */
  lookup(at: {
    readonly tenant?: string;
    readonly scope: string;
    readonly key: string;
  }): Promise<StoredKey | undefined>;
  /** Deletes expired keys in batches; answers how many. */
  prune(options?: PruneOptions): Promise<number>;
  /** Deletes inbox rows older than `olderThanMs`, in batches. It must exceed the longest time after which a message may be delivered again. */
  pruneInbox(options: PruneOptions & { readonly olderThanMs: number }): Promise<number>;
}

export function createIdempotency<Trx>(options: IdempotencyOptions<Trx>): Idempotency<Trx> {
  const { database } = options;
  const schema = quoteIdentifier(validateSchemaName(options.schema ?? defaultSchema));
  const keys = {
    table: `${schema}.idem_keys`,
    secret: options.fingerprintSecret,
    problemTypeBase: options.problemTypeBase ?? defaultProblemTypeBase,
  };
  const inbox = `${schema}.inbox_messages`;
  return {
    once: async (trx: Trx, call: OnceOptions, work: () => Promise<unknown>) =>
      // The overloads say which type comes of which `result`; the implementation treats all alike.
      once(database.within(trx), keys, { options: call, work }) as Promise<OnceOutcome<never>>,
    onceUnderLease: (call: LeaseOptions, work: (signal: AbortSignal) => Promise<unknown>) =>
      onceUnderLease(database, keys, { options: call, work }) as Promise<OnceOutcome<never>>,
    tryOnce: async (trx: Trx, call: OnceOptions, work: () => Promise<unknown>) =>
      attempt(
        { scope: keyScope(call), key: call.key },
        () => once(database.within(trx), keys, { options: call, work }) as Promise<OnceOutcome<never>>,
      ),
    lease: async (call: LeaseOptions, work: (signal: AbortSignal) => Promise<unknown>) =>
      attempt(
        { scope: keyScope(call), key: call.key },
        () => onceUnderLease(database, keys, { options: call, work }) as Promise<OnceOutcome<never>>,
      ),
    idempotentRequest: async (trx, call, handler) =>
      idempotentRequest(database.within(trx), keys, { options: call, handler }),
    exchange: (call, handler) => exchange(database, keys, { options: call, handler }),
    consumeOnce: async (trx, call, work) => consumeOnce(database.within(trx), { table: inbox, options: call, work }),
    lookup: async (at) =>
      lookupKey(database.sql, { table: keys.table, scope: keyScope(at), key: requireName('key', at.key) }),
    prune: (call = {}) => prune(call, (limit) => pruneKeys(database.sql, { table: keys.table, limit })),
    pruneInbox: async (call) => {
      const olderThanMs = requirePositive('olderThanMs', call.olderThanMs);
      return prune(call, (limit) => pruneMessages(database.sql, { table: inbox, limit, olderThanMs }));
    },
  };
}
