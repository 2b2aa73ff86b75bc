import { type AdapterOptions, exchangeOptions } from './adapter-options.js';
import { capturedExchange } from './captured-exchange.js';
import { clearReply, type FastifyReplyLike, nativeReply, sendReply } from './fastify-reply.js';

/** What is used of a Fastify request. */
export interface FastifyRequestLike {
  readonly method: string;
  readonly originalUrl: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
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
      const standingHeaders = { ...reply.getHeaders() };
      const outcome = await capturedExchange(options.idempotency, {
        options: exchangeOptions(options, request, {
          method: request.method,
          url: request.originalUrl,
          headers: request.headers,
          // Fastify refuses what it has no parser for: no body is no body.
          body: request.body ?? null,
        }),
        response: reply.raw,
        standingHeaders,
        run: (trx, capture) => answered(reply, capture, () => handler(request, reply, trx)),
      }).catch((error: unknown) => {
        // What was rolled back must not be told of by the error's answer either: a location, a cookie.
        clearReply(reply, standingHeaders);
        throw error;
      });
      if (outcome.kind === 'fresh') {
        reply.raw.end(outcome.response.body);
        return undefined;
      }
      sendReply(reply, outcome.response);
      return reply;
    };
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
    if (payload !== reply && answers) nativeReply(reply).send(payload);
  } finally {
    delete (reply as { then?: unknown }).then;
  }
}
