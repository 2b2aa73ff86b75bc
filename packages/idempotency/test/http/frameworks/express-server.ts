import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import express, { type ErrorRequestHandler, type Request, type Response } from 'express';
import { expressIdempotency } from '../../../src/http/express.js';
import type { Answer, RunningServer } from './answers.js';
import type { FrameworkOptions } from './framework.js';

export async function startExpress<Trx>(options: FrameworkOptions<Trx>): Promise<RunningServer> {
  const { idempotency, handlerTimeoutMs, answers, database } = options;
  const idempotent = expressIdempotency({
    idempotency,
    handlerTimeoutMs,
    principal: (request: Request) => request.get('x-user') ?? '',
  });
  const app = express();
  app.use((_request, response, next) => {
    const id = options.requestId();
    response.set('x-request-id', id).cookie('session', id);
    next();
  });
  app.use(express.json());
  for (const [name, work] of Object.entries(answers)) {
    app.post(
      `/${name}`,
      idempotent(async (request, response: Response, trx) => {
        const user = request.get('x-user') ?? '';
        say(response, await work({ sql: database.within(trx), body: request.body, user }));
      }),
    );
  }
  app.get(
    '/looks',
    idempotent((_request, response: Response) => void response.json({ looks: options.look() })),
  );
  const onError: ErrorRequestHandler = (error, _request, response, _next) => {
    response.status(500).json({ code: (error as { code?: unknown }).code });
  };
  app.use(onError);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function say(response: Response, answer: Answer): void {
  switch (answer.kind) {
    case 'json':
      response.cookie('a', '1').cookie('b', '2');
      response
        .status(answer.status)
        .set(answer.headers ?? {})
        .json(answer.body);
      break;
    case 'text':
      response.status(answer.status).type('text/plain').send(answer.body);
      break;
    case 'empty':
      response.status(204).end();
      break;
    case 'stream':
      response.status(200).set('content-type', answer.type);
      Readable.from(answer.chunks).pipe(response);
      break;
  }
}
