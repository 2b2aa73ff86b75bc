import { IdempotencyError } from '../errors.js';
import type { StoredResponse } from '../keys/key-claim.js';

/** A response as every framework has it. The body is what goes out, so that a replay is the same to the byte. */
export interface HttpResponse {
  /** 200 to 599. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
}

export const replayedHeader = 'idempotency-replayed';
export const maxBodyBytes = 1024 * 1024;

/** These speak of one message on one connection, not of the answer: the hop-by-hop headers of RFC 9110, 7.6.1, and what is written anew. */
const perMessageHeaders: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  replayedHeader,
]);

/** Stands among the stored headers of a body that is no text. No header's name has a colon, so none can be taken for it. */
const encodingMark = ':encoding';

/** Statuses that say "not now" (408 too slow, 425 too early, 429 too many, 5xx): replaying them for a day would make them "never". */
export function isTransient(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

/** Carries a transient response out of the transaction or savepoint, which it rolls back: neither the key nor the handler's writes stay. */
export class TransientResponse extends Error {
  readonly response: HttpResponse;

  constructor(response: HttpResponse) {
    super('The response is not to be stored.');
    this.response = response;
  }
}

/** Refuses what could not be replayed as it went out (`RESPONSE_INVALID`). */
export function toStored(response: HttpResponse): StoredResponse {
  const { status, headers = {}, body } = response;
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw invalid('The status must be 200 to 599.', { status });
  const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body, 'utf8') : (body?.byteLength ?? 0);
  if (bodyBytes > maxBodyBytes) throw invalid(`The body has more than ${maxBodyBytes} bytes.`, { bodyBytes });
  const kept = lastingHeaders(headers);
  if (body === undefined) return { status, headers: JSON.stringify(kept), data: null };
  // Postgres has no NUL in text.
  if (typeof body === 'string' && !body.includes('\0')) return { status, headers: JSON.stringify(kept), data: body };
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : Buffer.from(body);
  const marked = { ...kept, [encodingMark]: 'base64' };
  return { status, headers: JSON.stringify(marked), data: bytes.toString('base64') };
}

/** Without what is of one message: the names that are known, and those that `Connection` names. */
function lastingHeaders(headers: NonNullable<HttpResponse['headers']>): Record<string, string | readonly string[]> {
  const named = Object.entries(headers)
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => String(value).split(','))
    .map((name) => name.trim().toLowerCase());
  const dropped = new Set([...perMessageHeaders, ...named]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name.toLowerCase())));
}

export function toReplayed(stored: StoredResponse): HttpResponse {
  const { [encodingMark]: encoding, ...headers } = JSON.parse(stored.headers ?? '{}') as Record<
    string,
    string | string[]
  >;
  const body = stored.data !== null && encoding === 'base64' ? Buffer.from(stored.data, 'base64') : stored.data;
  return {
    status: stored.status ?? 200,
    headers: { ...headers, [replayedHeader]: 'true' },
    ...(body === null ? {} : { body }),
  };
}

function invalid(message: string, fields: Readonly<Record<string, unknown>>): IdempotencyError {
  return new IdempotencyError('RESPONSE_INVALID', message, {
    fields,
    hint: 'Answer with at most 1 MiB; put larger bodies somewhere and answer with a link.',
  });
}
