import type { OutgoingHttpHeader, ServerResponse } from 'node:http';
import { IdempotencyError } from '../errors.js';
import { CollectedBody } from './collected-body.js';
import { type HttpResponse, maxBodyBytes } from './http-response.js';

/**
 * Holds back what is written to a Node response: status and headers stay on it, the body is collected, nothing is sent. Express, Fastify and NestJS
 * all end in these few methods, so whatever a framework offers for answering is caught, and not a byte leaves before the COMMIT.
 */
export interface ResponseCapture {
  /** Resolves when the response was ended; rejects where it cannot be stored (`RESPONSE_INVALID`, `RESPONSE_STREAMED`). */
  readonly answer: Promise<HttpResponse>;
  readonly ended: boolean;
  /** Lets writes through again. What was set on the response stays, and is to be ended with the body. */
  release(): void;
  /** Lets writes through again, with status and headers as they were before. */
  discard(): void;
}

const heldBack = ['writeHead', 'write', 'end', 'flushHeaders'] as const;
type HeldBack = (typeof heldBack)[number];

export function captureResponse(
  response: ServerResponse,
  /** Headers that are set already and belong to no handler, where the framework keeps them apart until the end. */
  standing: Readonly<Record<string, unknown>> = {},
): ResponseCapture {
  const before = { status: response.statusCode, message: response.statusMessage, headers: response.getHeaders() };
  const restore = rememberMethods(response);
  const held = new HeldResponse(response, { ...before.headers, ...standing });
  replaceMethods(response, held.methods());
  return {
    answer: held.answer,
    get ended() {
      return held.ended;
    },
    release: restore,
    discard() {
      restore();
      for (const name of response.getHeaderNames()) response.removeHeader(name);
      setHeaders(response, before.headers);
      response.statusCode = before.status;
      response.statusMessage = before.message;
    },
  };
}

/** After its end whatever comes is ignored: some frameworks answer again where they believe that nothing was sent. */
class HeldResponse {
  readonly #response: ServerResponse;
  readonly #before: Readonly<Record<string, unknown>>;
  readonly #body = new CollectedBody();
  readonly #sources = new Set<Source>();
  readonly answer: Promise<HttpResponse>;
  #resolve: (answer: HttpResponse) => void = () => undefined;
  #reject: (error: IdempotencyError) => void = () => undefined;
  ended = false;

  constructor(response: ServerResponse, before: Readonly<Record<string, unknown>>) {
    this.#response = response;
    this.#before = before;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // It may be refused before anybody waits for it.
    this.answer.catch(() => undefined);
    response.on('pipe', (source: Source) => this.#sources.add(source));
  }

  methods(): Record<HeldBack, (...given: unknown[]) => unknown> {
    return {
      writeHead: (status, ...rest) => {
        if (!this.ended) setHead(this.#response, Number(status), rest);
        this.#refuseEventStream();
        return this.#response;
      },
      flushHeaders: () => this.#refuseEventStream(),
      write: (chunk, ...rest) => {
        this.#collect(chunk, rest[0]);
        const written = rest.at(-1);
        if (typeof written === 'function') queueMicrotask(() => written(null));
        // A source that looks stops here, and is not read to its end.
        return !this.ended;
      },
      end: (...given) => {
        const callback = given.at(-1);
        if (typeof callback === 'function') this.#response.once('finish', callback as () => void);
        this.#collect(typeof given[0] === 'function' ? undefined : given[0], given[1]);
        if (!this.ended) this.#finish();
        return this.#response;
      },
    };
  }

  #collect(chunk: unknown, encoding: unknown): void {
    this.#refuseEventStream();
    if (this.ended || chunk === undefined || chunk === null) return;
    if (!this.#body.add(chunk, encoding)) this.#refuse(tooLarge());
  }

  #finish(): void {
    this.ended = true;
    this.#resolve(answerOf(this.#response, this.#before, this.#body.value()));
  }

  #refuseEventStream(): void {
    const type = String(this.#response.getHeader('content-type') ?? '');
    if (!this.ended && type.startsWith('text/event-stream')) this.#refuse(streamed());
  }

  #refuse(error: IdempotencyError): void {
    this.ended = true;
    for (const source of this.#sources) source.unpipe?.(this.#response);
    // The handler may go on writing after the framework has answered the error; without a listener Node would end the process.
    this.#response.on('error', () => undefined);
    this.#reject(error);
  }
}

/** What the handler has set. What stood there before is set anew by whoever set it, at the replay too: request ids, CORS. */
function answerOf(
  response: ServerResponse,
  before: Readonly<Record<string, unknown>>,
  body: HttpResponse['body'],
): HttpResponse {
  const headers: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(response.getHeaders())) {
    if (value === undefined || String(before[name]) === String(value)) continue;
    headers[name] =
      name === 'set-cookie' ? newCookies(before[name], value) : Array.isArray(value) ? value : String(value);
  }
  return { status: response.statusCode, headers, ...(body === undefined ? {} : { body }) };
}

/** Cookies are a list that many add to: a session's that stood there before is nothing of this answer. */
function newCookies(before: unknown, now: unknown): readonly string[] {
  const known = new Set([before ?? []].flat().map(String));
  return [now]
    .flat()
    .map(String)
    .filter((cookie) => !known.has(cookie));
}

/** `writeHead(status, message?, headers?)`; headers as an object, or as a list of names and values in turn. */
function setHead(response: ServerResponse, status: number, rest: readonly unknown[]): void {
  response.statusCode = status;
  const [first, second] = rest;
  if (typeof first === 'string') response.statusMessage = first;
  const headers = typeof first === 'string' ? second : first;
  if (Array.isArray(headers)) {
    const pairs = headers.flat() as OutgoingHttpHeader[];
    for (let at = 0; at + 1 < pairs.length; at += 2) response.setHeader(String(pairs[at]), pairs[at + 1] ?? '');
  } else if (typeof headers === 'object' && headers !== null) {
    setHeaders(response, headers as Readonly<Record<string, OutgoingHttpHeader | undefined>>);
  }
}

function setHeaders(response: ServerResponse, headers: Readonly<Record<string, OutgoingHttpHeader | undefined>>): void {
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value);
}

interface Source {
  unpipe?(destination: unknown): unknown;
}

function replaceMethods(response: ServerResponse, methods: Record<HeldBack, unknown>): void {
  Object.assign(response, methods);
}

/** Middleware (compression, for one) puts methods of its own on the response: those come back, or else the prototype's. */
function rememberMethods(response: ServerResponse): () => void {
  const own = heldBack.map((name) => [name, Object.getOwnPropertyDescriptor(response, name)] as const);
  return () => {
    for (const [name, descriptor] of own) {
      if (descriptor === undefined) delete (response as Partial<ServerResponse>)[name];
      else Object.defineProperty(response, name, descriptor);
    }
  };
}

function streamed(): IdempotencyError {
  return new IdempotencyError('RESPONSE_STREAMED', 'An event stream has no end that could be stored and replayed.', {
    hint: 'Answer with a link to the stream, and serve the stream by a route without a key.',
  });
}

function tooLarge(): IdempotencyError {
  return new IdempotencyError('RESPONSE_INVALID', `The body has more than ${maxBodyBytes} bytes.`, {
    fields: { maxBodyBytes },
    hint: 'Put larger bodies somewhere and answer with a link.',
  });
}
