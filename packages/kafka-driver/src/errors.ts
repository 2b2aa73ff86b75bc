/** Every code that a Kafka transport throws on its own, whichever its client; `MessagingError` codes come from `@backstitch/messaging`. */
export const kafkaErrorCodes = [
  'KAFKA_OPTION_INVALID',
  'KAFKA_CLIENT_UNSUPPORTED',
  'KAFKA_CONSUMER_DIED',
  'KAFKA_CONSUMER_STALLED',
  'KAFKA_NOT_AUTHORIZED',
  'KAFKA_TOPIC_NOT_CREATED',
] as const;
export type KafkaErrorCode = (typeof kafkaErrorCodes)[number];

export interface KafkaTransportErrorOptions {
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Carries a stable `code`, the evidence as `fields`, and a `hint` that says what to do. */
export class KafkaTransportError extends Error {
  override readonly name = 'KafkaTransportError';
  readonly code: KafkaErrorCode;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly hint: string | undefined;

  constructor(code: KafkaErrorCode, message: string, options: KafkaTransportErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fields = options.fields ?? {};
    this.hint = options.hint;
  }
}

/** The broker's ACLs do not let this principal in. */
export function notAuthorized(what: string, cause?: unknown): KafkaTransportError {
  return new KafkaTransportError('KAFKA_NOT_AUTHORIZED', `the broker denies access to "${what}"`, {
    cause,
    fields: { resource: what },
    hint: 'Grant this principal the ACLs it needs: Describe and Write to send, Describe and Read to subscribe, Create for ensureTopics.',
  });
}
