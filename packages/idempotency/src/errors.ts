/** Every code that this package throws. Documented in docs/reference/errors.md; a test compares the two. */
export const idempotencyErrorCodes = [
  'KEY_INVALID',
  'KEY_REUSED',
  'KEY_IN_FLIGHT',
  'LEASE_LOST',
  'FINGERPRINT_INVALID',
  'RESULT_NOT_JSON',
  'RESULT_INVALID',
  'RESPONSE_INVALID',
  'RESPONSE_STREAMED',
  'HANDLER_TIMED_OUT',
  'PRINCIPAL_MISSING',
  'BODY_NOT_PARSED',
  'MESSAGE_UNREADABLE',
  'CONSUMER_STOPPED',
  'RETENTION_TOO_SHORT',
  'OPTION_INVALID',
] as const;
export type IdempotencyErrorCode = (typeof idempotencyErrorCodes)[number];

export interface IdempotencyErrorOptions {
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Carries a stable `code`, the evidence as `fields`, and a `hint` that says what to do. */
export class IdempotencyError extends Error {
  override readonly name: string = 'IdempotencyError';
  readonly code: IdempotencyErrorCode;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly hint: string | undefined;

  constructor(code: IdempotencyErrorCode, message: string, options: IdempotencyErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fields = options.fields ?? {};
    this.hint = options.hint;
  }
}

/** The key has been used for something else: same scope and key, another fingerprint. Nothing was run. */
export class IdempotencyMismatchError extends IdempotencyError {
  override readonly name = 'IdempotencyMismatchError';

  constructor(fields: { readonly scope: string; readonly key: string }) {
    super('KEY_REUSED', 'The key was used before with another payload.', {
      fields,
      hint: 'Take a new key for a new operation, and repeat a key only with the very same payload.',
    });
  }
}

/** Somebody else is at work under this key and did not end in the time that we were to wait. Nothing was run; the transaction goes on. */
export class KeyInFlightError extends IdempotencyError {
  override readonly name = 'KeyInFlightError';

  constructor(fields: Readonly<Record<string, unknown>>, cause?: unknown) {
    super('KEY_IN_FLIGHT', 'The key is in use by somebody who has not finished.', {
      fields,
      hint: 'Try again shortly: the answer will be there, or the key free.',
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
