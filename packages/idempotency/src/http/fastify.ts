import type { ServerResponse } from 'node:http';
import { type AdapterOptions, exchangeOptions } from './adapter-options.js';
import { capturedExchange, sendResponse } from './captured-exchange.js';

/** What is used of a Fastify request. */
export interface FastifyRequestLike {
  readonly method: string;
  readonly originalUrl: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

/** What is used of a Fastify reply. */
export interface FastifyReplyLike {
  readonly raw: ServerResponse;
  getHeaders(): Readonly<Record<string, unknown>>;
  code(status: never): unknown;
  send(payload?: never): unknown;
}

/**
 * Makes a wrapper for handlers of Fastify 5. The handler gets the transaction as its third argument, and returns its payload or sends it and returns
 * the reply; response and effects commit together, before the first byte leaves. What it throws rolls all back, frees the key and goes to
 * Fastify's error handler. Replays and refusals go out with `onSend` hooks, too.
 *
 * `app.post('/orders', idempotent(async (request, reply, trx) => { … reply.code(201); return order; }))`
 */
export function fastifyIdempotency<Trx, Request extends FastifyRequestLike>(options: AdapterOptions<Trx, Request>) {
  return <Req extends Request, Reply extends FastifyReplyLike>(
    handler: (request: Req, reply: Reply, trx: Trx) => unknown,
  ): ((request: Req, reply: Reply) => Promise<unknown>) =>
    async (request, reply) => {
      const outcome = await capturedExchange(options.idempotency, {
        options: exchangeOptions(options, request, {
          method: request.method,
          url: request.originalUrl,
          headers: request.headers,
          // Fastify refuses what it has no parser for: no body is no body.
          body: request.body ?? null,
        }),
        response: reply.raw,
        standingHeaders: { ...reply.getHeaders() },
        run: (trx, capture) => answered(reply, capture, () => handler(request, reply, trx)),
      });
      const { status, headers, body } = outcome.response;
      if (outcome.kind === 'fresh') {
        sendResponse(reply.raw, outcome.response);
        return undefined;
      }
      const native = reply as unknown as NativeReply;
      native
        .code(status)
        .headers(headers ?? {})
        .send(body);
      return reply;
    };
}

/** The same reply, as it is called here. Its own type is generic in the route's schema, which says nothing of what was stored. */
interface NativeReply {
  code(status: number): this;
  headers(values: object): this;
  send(payload?: unknown): this;
}

async function answered(
  reply: FastifyReplyLike,
  capture: { readonly ended: boolean },
  handle: () => unknown,
): Promise<void> {
  // A reply is a thenable that waits until the response is on its way: who returns it would wait for the COMMIT, and the COMMIT for him.
  Object.defineProperty(reply, 'then', { value: undefined, configurable: true });
  try {
    const payload = await handle();
    const answers = payload !== undefined || !capture.ended;
    if (payload !== reply && answers) (reply as unknown as NativeReply).send(payload);
  } finally {
    delete (reply as { then?: unknown }).then;
  }
}
