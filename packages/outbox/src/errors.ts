/** Every code that this package throws. Documented in docs/reference/errors.md; a test compares the two. */
export const outboxErrorCodes = [
  'OPTIONS_INVALID',
  'EVENT_INVALID',
  'CDC_UNSUPPORTED',
  'OUTBOX_DUPLICATE_ID',
  'RELAY_STOPPED',
] as const;
export type OutboxErrorCode = (typeof outboxErrorCodes)[number];

/** Carries a stable `code`, the evidence as `fields`, and a `hint` that says what to do. */
export class OutboxError extends Error {
  override readonly name: string = 'OutboxError';
  readonly code: OutboxErrorCode;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly hint: string | undefined;

  constructor(
    code: OutboxErrorCode,
    message: string,
    options: {
      readonly fields?: Readonly<Record<string, unknown>>;
      readonly hint?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fields = options.fields ?? {};
    this.hint = options.hint;
  }
}
