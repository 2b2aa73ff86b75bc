/** Every code that this package throws. Documented in docs/reference/errors.md; a test compares the two. */
export const mysqlErrorCodes = [
  'SOURCE_INVALID',
  'NOT_A_TRANSACTION',
  'TRANSACTION_ENDED',
  'TRANSACTION_ABORTED',
  'COMMIT_UNKNOWN',
  'CONNECTION_FAILED',
  'IDENTIFIER_INVALID',
  'MIGRATION_CHANGED',
  'MIGRATION_BUSY',
  'SCHEMA_TOO_NEW',
  'SERVER_UNSUITABLE',
] as const;
export type MysqlErrorCode = (typeof mysqlErrorCodes)[number];

/** Carries a stable `code`, the evidence as `fields`, and a `hint` that says what to do. */
export class MysqlError extends Error {
  override readonly name: string = 'MysqlError';
  readonly code: MysqlErrorCode;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly hint: string | undefined;

  constructor(
    code: MysqlErrorCode,
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
