/** Every code that this package throws. Documented in docs/reference/errors.md; a test compares the two. */
export const postgresErrorCodes = [
  'SOURCE_INVALID',
  'NOT_A_TRANSACTION',
  'TRANSACTION_ENDED',
  'TRANSACTION_ABORTED',
  'COMMIT_UNKNOWN',
  'CONNECTION_FAILED',
  'SAVEPOINT_FAILED',
  'RESULT_UNREADABLE',
  'IDENTIFIER_INVALID',
  'MIGRATION_INVALID',
  'MIGRATION_CHANGED',
  'MIGRATION_FORWARD_ONLY',
  'SCHEMA_TOO_NEW',
] as const;
export type PostgresErrorCode = (typeof postgresErrorCodes)[number];

/** Carries a stable `code`, the evidence as `fields`, and a `hint` that says what to do. */
export class PostgresError extends Error {
  override readonly name: string = 'PostgresError';
  readonly code: PostgresErrorCode;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly hint: string | undefined;

  constructor(
    code: PostgresErrorCode,
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
