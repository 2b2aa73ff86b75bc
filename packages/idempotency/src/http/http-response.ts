import { IdempotencyError } from '../errors.js';
import type { StoredResponse } from '../keys/key-claim.js';

/** A response as every framework has it. The body is the text that goes out, so that a replay is the same to the letter. */
export interface HttpResponse {
  /** 200 to 599. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
}

export const replayedHeader = 'idempotency-replayed';
export const maxBodyBytes = 1024 * 1024;

/** These speak of one message on one connection, not of the answer. */
const perMessageHeaders: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'transfer-encoding',
  replayedHeader,
]);

/** Statuses that say "not now" (408 too slow, 425 too early, 429 too many, 5xx): replaying them for a day would make them "never". */
export function isTransient(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

/** Refuses what could not be replayed as it went out (`RESPONSE_INVALID`). */
export function toStored(response: HttpResponse): StoredResponse {
  const { status, headers = {}, body } = response;
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw invalid('The status must be 200 to 599.', { status });
  const bodyBytes = body === undefined ? 0 : Buffer.byteLength(body, 'utf8');
  if (bodyBytes > maxBodyBytes) throw invalid(`The body has more than ${maxBodyBytes} bytes.`, { bodyBytes });
  if (body?.includes('\0') === true)
    throw invalid('The body holds NUL, which Postgres cannot store as text.', { bodyBytes });
  const kept = Object.entries(headers).filter(([name]) => !perMessageHeaders.has(name.toLowerCase()));
  return { status, headers: JSON.stringify(Object.fromEntries(kept)), data: body ?? null };
}

export function toReplayed(stored: StoredResponse): HttpResponse {
  const headers = JSON.parse(stored.headers ?? '{}') as Record<string, string | string[]>;
  return {
    status: stored.status ?? 200,
    headers: { ...headers, [replayedHeader]: 'true' },
    ...(stored.data === null ? {} : { body: stored.data }),
  };
}

function invalid(message: string, fields: Readonly<Record<string, unknown>>): IdempotencyError {
  return new IdempotencyError('RESPONSE_INVALID', message, {
    fields,
    hint: 'Answer with text of at most 1 MiB; put larger bodies somewhere and answer with a link.',
  });
}
