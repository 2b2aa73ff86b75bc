/** Every code that this package throws. Documented in docs/reference/errors.md; a test compares the two. */
export const messagingErrorCodes = [
  'TRANSPORT_UNAVAILABLE',
  'TRANSPORT_CLOSED',
  'PAYLOAD_TOO_LARGE',
  'PAYLOAD_TOO_DEEP',
  'PAYLOAD_NOT_JSON',
  'PAYLOAD_UNSTORABLE_TEXT',
  'CONTRACT_INVALID',
  'SCHEMA_ASYNC',
  'SCHEMA_INVALID',
  'ENVELOPE_INVALID',
  'EVENT_INVALID',
  'OPTIONS_INVALID',
  'TOPIC_UNKNOWN',
] as const;
export type MessagingErrorCode = (typeof messagingErrorCodes)[number];

/** Carries a stable `code`, the evidence as `fields`, and a `hint` that says what to do. */
export class MessagingError extends Error {
  override readonly name: string = 'MessagingError';
  readonly code: MessagingErrorCode;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly hint: string | undefined;

  constructor(
    code: MessagingErrorCode,
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

/** The broker or the way to it failed: nothing is known of the records, nothing is held against them. Send again later. */
export class TransportUnavailableError extends MessagingError {
  override readonly name = 'TransportUnavailableError';

  constructor(
    message: string,
    options: { readonly cause?: unknown; readonly fields?: Readonly<Record<string, unknown>> } = {},
  ) {
    super('TRANSPORT_UNAVAILABLE', message, options);
  }
}
