import type { ServerResponse } from 'node:http';
import { type AdapterOptions, exchangeOptions } from './adapter-options.js';
import { capturedExchange, sendOutcome } from './captured-exchange.js';

/** What is used of an Express request. */
export interface ExpressRequestLike {
  readonly method: string;
  readonly originalUrl: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: unknown;
}

/**
 * Makes a wrapper for handlers of Express 5. The handler gets the transaction as its third argument; response and effects commit together, before
 * the first byte leaves. What it throws rolls all back, frees the key and goes to `next`.
 *
 * `app.post('/orders', express.json(), idempotent(async (req, res, trx) => { … res.status(201).json(order); }))`
 */
export function expressIdempotency<Trx, Request extends ExpressRequestLike>(options: AdapterOptions<Trx, Request>) {
  return <Req extends Request, Res extends ServerResponse>(
    handler: (request: Req, response: Res, trx: Trx) => unknown,
  ): ((request: Req, response: Res, next: (error?: unknown) => void) => Promise<void>) =>
    async (request, response, next) => {
      try {
        const outcome = await capturedExchange(options.idempotency, {
          options: exchangeOptions(options, request, {
            method: request.method,
            url: request.originalUrl,
            headers: request.headers,
            body: request.body,
          }),
          response,
          run: (trx) => handler(request, response, trx),
        });
        sendOutcome(response, outcome);
      } catch (error) {
        next(error);
      }
    };
}
