import type { ServerResponse } from 'node:http';
import { type AdapterOptions, exchangeOptions } from './adapter-options.js';
import { capturedExchange, sendOutcome, sendResponse } from './captured-exchange.js';
import { clearReply, type FastifyReplyLike, sendReply } from './fastify-reply.js';
import type { HttpResponse } from './http-response.js';
import { isSafeMethod } from './request-key.js';

/** What is used of a request in NestJS, on Express or on Fastify. */
export interface NestRequestLike {
  readonly method: string;
  readonly originalUrl?: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: unknown;
}

/** What is used of an `ExecutionContext`. */
export interface NestContextLike {
  switchToHttp(): { getRequest<T>(): T; getResponse<T>(): T };
}

/** What is used of an rxjs `Observable`: its constructor makes the one that is returned, so that rxjs itself is not needed here. */
export interface ObservableLike {
  subscribe(observer: { next(value: unknown): void; error(error: unknown): void; complete(): void }): {
    unsubscribe(): void;
  };
}

export interface ObserverLike {
  next(value: unknown): void;
  error(error: unknown): void;
  complete(): void;
}

export interface NestIdempotency<Trx> {
  /** For `@UseInterceptors(idempotency)` at a handler or a controller. */
  intercept<Observable extends ObservableLike>(context: NestContextLike, next: { handle(): Observable }): Observable;
  /** The transaction of the request that is being handled, for `createParamDecorator((_, context) => idempotency.transaction(context))`. */
  transaction(context: NestContextLike): Trx;
}

/**
 * Makes an interceptor for NestJS, on Express or on Fastify. Nest answers as ever; its answer is held back and commits together with what the
 * handler did in `transaction(context)`. What the handler throws rolls all back, frees the key and goes to the exception filters.
 */
export function nestIdempotency<Trx, Request extends NestRequestLike>(
  options: AdapterOptions<Trx, Request>,
): NestIdempotency<Trx> {
  const transactions = new WeakMap<object, { readonly trx: Trx }>();
  return {
    transaction(context) {
      const found = transactions.get(context.switchToHttp().getRequest<Request>());
      if (found === undefined)
        throw new TypeError('No idempotent request is being handled: the interceptor is missing.');
      return found.trx;
    },
    intercept(context, next) {
      const http = context.switchToHttp();
      const request = http.getRequest<Request>();
      const source = next.handle();
      // At a whole controller its reading handlers are met as well.
      if (isSafeMethod(request.method)) return source;
      return observableLike(source, (observer) => {
        const run = async (trx: Trx): Promise<void> => {
          transactions.set(request, { trx });
          await handled(source, observer).finally(() => transactions.delete(request));
        };
        void answer(options, { request, reply: http.getResponse<NestReplyLike>(), run, observer });
      });
    },
  };
}

interface NestCall<Trx, Request> {
  readonly request: Request;
  readonly reply: NestReplyLike;
  readonly observer: ObserverLike;
  run(trx: Trx): Promise<void>;
}

async function answer<Trx, Request extends NestRequestLike>(
  options: AdapterOptions<Trx, Request>,
  { request, reply, observer, run }: NestCall<Trx, Request>,
): Promise<void> {
  const response = isFastifyReply(reply) ? reply.raw : reply;
  const standingHeaders = { ...reply.getHeaders() };
  let nestAnswers = false;
  try {
    const outcome = await capturedExchange(options.idempotency, {
      options: exchangeOptions(options, request, {
        method: request.method,
        url: request.originalUrl ?? request.url,
        headers: request.headers,
        body: request.body,
      }),
      response,
      standingHeaders,
      async run(trx) {
        await run(trx);
        nestAnswers = true;
        // Not before the handler is done: from here on Nest writes the answer, and an exception filter can no longer be asked.
        observer.complete();
      },
    });
    // Replays and refusals are not Nest's: outer interceptors would change them once more. It is not told of an end, and forgets the request.
    if (outcome.kind === 'fresh') sendOutcome(response, outcome);
    else sendWhole(reply, outcome.response);
  } catch (error) {
    if (isFastifyReply(reply)) clearReply(reply, standingHeaders);
    if (!nestAnswers) observer.error(error);
    else sendWhole(reply, failed);
  }
}

/** Nest believes that it has answered; its filters are out of reach. */
const failed = {
  status: 500,
  headers: { 'content-type': 'application/problem+json' },
  body: JSON.stringify({
    type: 'about:blank',
    status: 500,
    title: 'Internal Server Error',
    detail: 'The answer could not be stored, and everything was rolled back. Try again with the same Idempotency-Key.',
  }),
};

/** Hands the handler's values on; resolves at its end, which the observer is not told. */
function handled(source: ObservableLike, observer: ObserverLike): Promise<void> {
  return new Promise((resolve, reject) => {
    source.subscribe({ next: (value) => observer.next(value), error: reject, complete: resolve });
  });
}

function observableLike<Observable extends ObservableLike>(
  source: Observable,
  subscribe: (observer: ObserverLike) => void,
): Observable {
  const Constructor = source.constructor as new (subscribe: (observer: ObserverLike) => void) => Observable;
  return new Constructor(subscribe);
}

/** Express's response is Node's own; Fastify's reply holds it. */
type NestReplyLike = ServerResponse | FastifyReplyLike;

function isFastifyReply(reply: NestReplyLike): reply is FastifyReplyLike {
  return 'raw' in reply;
}

function sendWhole(reply: NestReplyLike, answer: HttpResponse): void {
  if (isFastifyReply(reply)) sendReply(reply, answer);
  else sendResponse(reply, answer);
}
