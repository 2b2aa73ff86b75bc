import { IdempotencyError } from '../errors.js';
import { type AdapterOptions, exchangeOptions } from './adapter-options.js';
import { CollectedBody } from './collected-body.js';
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
  header(name: string, value: string, options?: { readonly append?: boolean }): void;
  body(data: string | ArrayBuffer | null, status: never): Response;
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
      const sent = context.req.header();
      const call = exchangeOptions(options, context, {
        method: context.req.method,
        url: `${pathname}${search}`,
        headers: sent,
        // Hono keeps what it has read: the handler can still ask for json() or text().
        body: bodyOf(sent['content-type'], new Uint8Array(await context.req.arrayBuffer())),
      });
      // What middleware has set already, it sets anew at the replay: request ids, CORS.
      const before = new Headers(context.res.headers);
      let headers: Headers | undefined;
      const run = async (trx: Trx): Promise<HttpResponse> => {
        const answer = await handler(context, trx);
        headers = answer.headers;
        return readResponse(answer, before);
      };
      const { kind, response } = await options.idempotency.exchange(call, run).catch((error: unknown) => {
        // What was rolled back must not be told of by the error's answer either: a location, a cookie.
        restoreHeaders(context.res.headers, before);
        throw error;
      });
      // The handler's own, with all that stood on it; only its body was read.
      if (kind === 'fresh')
        return new Response(bodyInit(response.body), { status: response.status, ...(headers ? { headers } : {}) });
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
  const known = new Set(before.getSetCookie());
  const cookies = response.headers.getSetCookie().filter((cookie) => !known.has(cookie));
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('text/event-stream')) {
    await response.body?.cancel();
    throw refused('RESPONSE_STREAMED', 'An event stream has no end that could be stored and replayed.');
  }
  const body = await readBody(response);
  return { status: response.status, headers, ...(body === undefined ? {} : { body }) };
}

async function readBody(response: Response): Promise<HttpResponse['body']> {
  const body = new CollectedBody();
  // Leaving the loop cancels the stream: what is too large is not read to its end.
  for await (const chunk of response.body ?? []) {
    if (!body.add(chunk)) throw refused('RESPONSE_INVALID', `The body has more than ${maxBodyBytes} bytes.`);
  }
  return body.value();
}

function restoreHeaders(headers: Headers, before: Headers): void {
  for (const name of [...headers.keys()]) headers.delete(name);
  for (const [name, value] of before) headers.append(name, value);
}

/** Through the context, so that what middleware has set for every answer is on this one too. */
function toResponse(context: HonoContextLike, { status, headers = {}, body }: HttpResponse): Response {
  for (const [name, values] of Object.entries(headers)) {
    const append = name.toLowerCase() === 'set-cookie';
    for (const value of [values].flat()) context.header(name, value, { append });
  }
  return context.body(bodyInit(body), status as never);
}

/** Memory of its own: what a body is made of may not be a part of a pool. */
function bodyInit(body: HttpResponse['body']): string | ArrayBuffer | null {
  return body instanceof Uint8Array ? new Uint8Array(body).buffer : (body ?? null);
}

function refused(code: 'RESPONSE_STREAMED' | 'RESPONSE_INVALID', message: string): IdempotencyError {
  return new IdempotencyError(code, message, {
    fields: { maxBodyBytes },
    hint: 'Answer with at most 1 MiB; put larger or endless bodies somewhere and answer with a link.',
  });
}
