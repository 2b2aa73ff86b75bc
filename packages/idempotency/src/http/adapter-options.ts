import { IdempotencyError } from '../errors.js';
import type { Idempotency } from '../idempotency.js';
import type { ExchangeOptions } from './exchange.js';

/** What every adapter is made with; `Request` is the framework's own. */
export interface AdapterOptions<Trx, Request> {
  readonly idempotency: Pick<Idempotency<Trx>, 'exchange'>;
  /**
   * Who asks, as your authentication has found out: a user's id. Keys of one are never seen by another, so never take it from what a caller can
   * write himself. An empty answer is refused (`PRINCIPAL_MISSING`).
   */
  readonly principal: (request: Request) => string;
  /** Whose service it is, where one database serves several tenants. */
  readonly tenant?: (request: Request) => string;
  /** What becomes of a request without a key: `refuse` answers 400, `run` runs it in a transaction like any other and stores nothing. Default `refuse`. */
  readonly missingKey?: 'refuse' | 'run';
  /** How long a response is kept, in milliseconds. Default 24 hours. */
  readonly ttlMs?: number;
  /** How long to wait for the same request in flight before 409, in milliseconds. Default 2,000. */
  readonly lockTimeoutMs?: number;
  /** How long a handler may hold its transaction open, in milliseconds. Default 30,000. */
  readonly handlerTimeoutMs?: number;
}

/** What an adapter reads of its framework's request. */
export interface RequestParts {
  readonly method: string;
  /** Path and query, as they were asked for. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Undefined where there is none, or where nothing has parsed it. */
  readonly body: unknown;
}

export function exchangeOptions<Trx, Request>(
  options: AdapterOptions<Trx, Request>,
  request: Request,
  parts: RequestParts,
): ExchangeOptions {
  refuseUnparsed(parts);
  const [route = '/', ...query] = parts.url.split('?');
  const { missingKey, ttlMs, lockTimeoutMs, handlerTimeoutMs } = options;
  return {
    ...(options.tenant === undefined ? {} : { tenant: options.tenant(request) }),
    principal: principalOf(options.principal(request)),
    method: parts.method,
    route,
    query: query.join('?'),
    key: parts.headers['idempotency-key'],
    body: parts.body,
    ...(missingKey === undefined ? {} : { missingKey }),
    ...(ttlMs === undefined ? {} : { ttlMs }),
    ...(lockTimeoutMs === undefined ? {} : { lockTimeoutMs }),
    ...(handlerTimeoutMs === undefined ? {} : { handlerTimeoutMs }),
  };
}

function principalOf(found: unknown): string {
  if (typeof found === 'string' && found !== '') return found;
  throw new IdempotencyError('PRINCIPAL_MISSING', 'There is no principal to keep the key under.', {
    fields: { type: typeof found },
    hint: 'Let authentication come first, and answer its id. Without one, strangers with the same key would read one another.',
  });
}

/** Without the body two different requests have one fingerprint, and the second would be answered the first one's response. */
function refuseUnparsed({ body, headers }: RequestParts): void {
  const sent = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (body !== undefined || !sent) return;
  throw new IdempotencyError('BODY_NOT_PARSED', 'The request has a body that nothing has parsed.', {
    fields: { contentType: headers['content-type'] },
    hint: 'Mount the body parser before the idempotent handler, for this content type too.',
  });
}
