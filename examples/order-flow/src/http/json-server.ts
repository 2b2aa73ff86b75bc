import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpResponse } from '@backstitch/idempotency';
import type { Logger } from '@backstitch/messaging';
import { problem } from './problem.js';
import { readJson } from './read-json.js';
import { matchRoute, type Route } from './route.js';

export interface JsonServerOptions {
  readonly routes: readonly Route[];
  readonly logger: Logger;
  /** Default 0: any free port. */
  readonly port?: number;
}

/** JSON over HTTP with nothing but Node: enough for an example, and every error is a problem+json. */
export interface JsonServer {
  /** Resolves with the base URL when it listens on the loopback interface. */
  start(): Promise<string>;
  /** Takes no more requests and waits for those under way. */
  stop(): Promise<void>;
}

export function createJsonServer({ routes, logger, port = 0 }: JsonServerOptions): JsonServer {
  const server = createServer((request, response) => {
    answer(routes, request)
      .catch((error: unknown) => {
        logger.error({ err: error, method: request.method }, 'request failed');
        const detail = 'The request failed for a reason that is ours. It may be sent again.';
        return problem({ status: 500, code: 'INTERNAL', title: 'Internal error', detail });
      })
      .then((answered) => write(response, answered))
      .catch((error: unknown) => logger.warn({ err: error }, 'a response could not be written'));
  });
  return {
    start: () => listen(server, port),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}

async function answer(routes: readonly Route[], request: IncomingMessage): Promise<HttpResponse> {
  const read = await readJson(request);
  if (read.kind === 'refused') return read.response;
  const url = new URL(request.url ?? '/', 'http://service');
  const match = matchRoute(routes, request.method ?? 'GET', url.pathname);
  switch (match.kind) {
    case 'found':
      return match.route.handle({
        params: match.params,
        query: url.searchParams,
        headers: request.headers,
        body: read.body,
      });
    case 'no such path':
      return problem({ status: 404, code: 'NOT_FOUND', title: 'Not found', detail: `There is no ${url.pathname}.` });
    case 'no such method': {
      const detail = `Only ${match.allowed.join(', ')} is allowed here.`;
      return problem({ status: 405, code: 'METHOD_NOT_ALLOWED', title: 'Method not allowed', detail });
    }
    default:
      return match satisfies never;
  }
}

function write(response: ServerResponse, { status, headers = {}, body }: HttpResponse): void {
  const lines = Object.entries(headers).map(
    ([name, value]) => [name, typeof value === 'string' ? value : [...value]] as const,
  );
  response.writeHead(status, Object.fromEntries(lines));
  response.end(body);
}
