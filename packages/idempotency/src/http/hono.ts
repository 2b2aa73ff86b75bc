import { IdempotencyError } from '../errors.js';
import { type AdapterOptions, exchangeOptions } from './adapter-options.js';
import { type HttpResponse, maxBodyBytes } from './http-response.js';

/** What is used of a Hono context. */
export interface HonoContextLike {
  readonly req: {
    readonly method: string;
    readonly url: string;
    header(): Record<string, string>;
    arrayBuffer(): Promise<ArrayBuffer>;
  };
  readonly res: Response;
  body(data: string | null, status: never, headers: Record<string, string | string[]>): Response;
}

/**
 * Makes a wrapper for handlers of Hono 4. The handler gets the transaction as its second argument and returns a `Response`; response and effects
 * commit together, before the first byte leaves. What it throws rolls all back, frees the key and goes to `onError`.
 *
 * `app.post('/orders', idempotent(async (c, trx) => { … return c.json(order, 201); }))`
 */
export function honoIdempotency<Trx, Context extends HonoContextLike>(options: AdapterOptions<Trx, Context>) {
  return <C extends Context>(
    handler: (context: C, trx: Trx) => Response | Promise<Response>,
  ): ((context: C) => Promise<Response>) =>
    async (context) => {
      const { pathname, search } = new URL(context.req.url);
      const headers = context.req.header();
      const call = exchangeOptions(options, context, {
        method: context.req.method,
        url: `${pathname}${search}`,
        headers,
        // Hono keeps what it has read: the handler can still ask for json() or text().
        body: bodyOf(headers['content-type'], new Uint8Array(await context.req.arrayBuffer())),
      });
      // What middleware has set already, it sets anew at the replay: request ids, CORS.
      const before = new Headers(context.res.headers);
      const { response } = await options.idempotency.exchange(call, async (trx) =>
        readResponse(await handler(context, trx), before),
      );
      return toResponse(context, response);
    };
}

/** JSON is compared as JSON, whatever the order of its properties; anything else byte for byte. */
function bodyOf(contentType: string | undefined, bytes: Uint8Array): unknown {
  if (bytes.length === 0) return null;
  if (!/^application\/(?:[^;]*\+)?json\b/i.test(contentType ?? '')) return bytes;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    return bytes;
  }
}

async function readResponse(response: Response, before: Headers): Promise<HttpResponse> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of response.headers) {
    if (name !== 'set-cookie' && before.get(name) !== value) headers[name] = value;
  }
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('text/event-stream')) {
    await response.body?.cancel();
    throw refused('RESPONSE_STREAMED', 'An event stream has no end that could be stored and replayed.');
  }
  const body = await readText(response);
  return { status: response.status, headers, ...(body === '' ? {} : { body }) };
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let bytes = 0;
  let text = '';
  try {
    // Leaving the loop cancels the stream: what is too large is not read to its end.
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > maxBodyBytes) throw refused('RESPONSE_INVALID', `The body has more than ${maxBodyBytes} bytes.`);
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    throw refused('RESPONSE_INVALID', 'The body is not UTF-8 text.', error);
  }
}

/** Through the context, so that what middleware has set for every answer is on this one too. */
function toResponse(context: HonoContextLike, { status, headers = {}, body }: HttpResponse): Response {
  const kept = Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]);
  return context.body(body ?? null, status as never, Object.fromEntries(kept));
}

function refused(code: 'RESPONSE_STREAMED' | 'RESPONSE_INVALID', message: string, cause?: unknown): IdempotencyError {
  return new IdempotencyError(code, message, {
    cause,
    fields: { maxBodyBytes },
    hint: 'Answer with text of at most 1 MiB; put larger or endless bodies somewhere and answer with a link.',
  });
}
