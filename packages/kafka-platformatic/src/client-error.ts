import { protocolErrorsCodesById } from '@platformatic/kafka';

/** What went wrong in a conversation with a broker. `type` is the protocol's name for it; undefined where no broker answered. */
export class KafkaClientError extends Error {
  override readonly name = 'KafkaClientError';
  readonly type: string | undefined;
  /** The same may be asked again. */
  readonly retriable: boolean;

  constructor(
    message: string,
    options: { readonly type?: string | undefined; readonly retriable?: boolean; readonly cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.type = options.type;
    this.retriable = options.retriable ?? false;
  }
}

/** Errors of the client that no broker has sent, by their code, under the protocol's name for the same. */
const clientCodes = new Map<string, string>([
  ['PLT_KFK_AUTHENTICATION', 'SASL_AUTHENTICATION_FAILED'],
  ['PLT_KFK_UNSUPPORTED_API', 'UNSUPPORTED_VERSION'],
  ['PLT_KFK_UNSUPPORTED_COMPRESSION', 'UNSUPPORTED_COMPRESSION_TYPE'],
]);

/** Finds what a broker said in a tree of errors: the client gathers one error a path of the answer. Judged by code, never by text. */
export function clientError(error: unknown): KafkaClientError {
  if (error instanceof KafkaClientError) return error;
  const found = firstAnswer(error, 0);
  const message = found === undefined ? 'no broker has answered' : `the broker answered ${found.type}`;
  return new KafkaClientError(message, { ...found, cause: error });
}

/** An answer that says so by its code. */
export function answered(errorCode: number): KafkaClientError {
  const type = protocolErrorsCodesById[errorCode] ?? `ERROR_${errorCode}`;
  return new KafkaClientError(`the broker answered ${type}`, { type });
}

interface Answer {
  readonly type: string;
  readonly retriable: boolean;
}

function firstAnswer(error: unknown, depth: number): Answer | undefined {
  // A tree made by foreign code may be a ring.
  if (typeof error !== 'object' || error === null || depth > 8) return undefined;
  if ('apiId' in error && typeof error.apiId === 'string') {
    return { type: error.apiId, retriable: 'canRetry' in error && error.canRetry === true };
  }
  const own = 'code' in error && typeof error.code === 'string' ? clientCodes.get(error.code) : undefined;
  if (own !== undefined) return { type: own, retriable: false };
  const below: unknown[] = 'errors' in error && Array.isArray(error.errors) ? error.errors : [];
  for (const each of [...below, 'cause' in error ? error.cause : undefined]) {
    const found = firstAnswer(each, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
