import { foundText } from '@backstitch/messaging';
import { SagaError } from '../errors.js';
import { type Duration, parseDuration } from './duration.js';

/** How often a step is tried and how long it waits between. */
export interface RetryPolicy {
  /** Sendings in all, the first one included; `'forever'` only gives up by an operator's verb. */
  readonly attempts?: number | 'forever';
  /** The wait before the second attempt. Default 1s. */
  readonly backoff?: Duration;
  /** Each wait is this many times the one before. Default 2. */
  readonly factor?: number;
  /** Default 60s. */
  readonly maxBackoff?: Duration;
  /** `'full'` (default) spreads a wait evenly between nothing and its length, so that many instances do not come back at once. */
  readonly jitter?: 'full' | 'none';
  /** Codes of technical errors that no further attempt will mend (`CARD_STOLEN`): such an error uses up the attempts at once. */
  readonly nonRetryable?: readonly string[];
}

export interface ResolvedRetry {
  /** `null` is for ever. */
  readonly attempts: number | null;
  readonly backoffMs: number;
  readonly factor: number;
  readonly maxBackoffMs: number;
  readonly jitter: 'full' | 'none';
  readonly nonRetryable: readonly string[];
}

export const defaultRetry: ResolvedRetry = {
  attempts: 3,
  backoffMs: 1_000,
  factor: 2,
  maxBackoffMs: 60_000,
  jitter: 'full',
  nonRetryable: [],
};
/** After the pivot, and for undoing: giving up would leave the saga neither done nor undone. */
export const foreverRetry: ResolvedRetry = { ...defaultRetry, attempts: null };

/** Fills what the author left out. Throws `DEFINITION_INVALID` or `DURATION_INVALID` naming the field. */
export function resolveRetry(policy: RetryPolicy | undefined, fallback: ResolvedRetry, field: string): ResolvedRetry {
  if (policy === undefined) return fallback;
  const attempts = policy.attempts === 'forever' ? null : (policy.attempts ?? fallback.attempts);
  if (attempts !== null && (!Number.isInteger(attempts) || attempts < 1)) {
    throw invalid(`${field}.attempts`, attempts, "a whole number from 1, or 'forever'");
  }
  const factor = policy.factor ?? fallback.factor;
  if (!Number.isFinite(factor) || factor < 1) throw invalid(`${field}.factor`, factor, 'a number from 1');
  const jitter = policy.jitter ?? fallback.jitter;
  if (jitter !== 'full' && jitter !== 'none') throw invalid(`${field}.jitter`, jitter, "'full' or 'none'");
  return {
    attempts,
    backoffMs: policy.backoff === undefined ? fallback.backoffMs : parseDuration(policy.backoff, `${field}.backoff`),
    factor,
    maxBackoffMs:
      policy.maxBackoff === undefined ? fallback.maxBackoffMs : parseDuration(policy.maxBackoff, `${field}.maxBackoff`),
    jitter,
    nonRetryable: codesOf(policy.nonRetryable ?? [], `${field}.nonRetryable`),
  };
}

function codesOf(given: readonly string[], field: string): readonly string[] {
  if (Array.isArray(given) && given.every((code) => typeof code === 'string' && code !== '')) return [...given];
  throw invalid(field, given, 'a list of error codes');
}

function invalid(field: string, value: unknown, expected: string): SagaError {
  return new SagaError('DEFINITION_INVALID', `${field} is ${foundText(value)}`, {
    fields: { field, value },
    hint: `give ${expected}`,
  });
}
