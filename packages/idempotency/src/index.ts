export type { AttemptOutcome } from './attempt.js';
export {
  IdempotencyError,
  type IdempotencyErrorCode,
  type IdempotencyErrorOptions,
  IdempotencyMismatchError,
  idempotencyErrorCodes,
  KeyInFlightError,
} from './errors.js';
export { fingerprintOf } from './fingerprint.js';
export type { ExchangeOptions } from './http/exchange.js';
export { type HttpResponse, replayedHeader } from './http/http-response.js';
export type { RequestOptions, RequestOutcome } from './http/idempotent-request.js';
export { createIdempotency, type Idempotency, type IdempotencyOptions } from './idempotency.js';
export { idempotencyMigrations } from './idempotency-migrations.js';
export type { ConsumeOptions, ConsumeOutcome } from './inbox/consume-once.js';
export type { StoredKey } from './keys/lookup-key.js';
export type { OnceOptions, OnceOutcome } from './once.js';
export type { LeaseOptions } from './once-under-lease.js';
export type { PruneOptions } from './prune.js';
export {
  createRetention,
  type IdempotencyRetention,
  type IdempotencyRetentionOptions,
  type InboxRetention,
  type PrunedRows,
} from './retention.js';
export type { ResultCodec, StandardSchemaLike, ValidationLike } from './result-shape.js';
