import 'reflect-metadata';
import { Readable } from 'node:stream';
import {
  type ArgumentsHost,
  Body,
  Controller,
  createParamDecorator,
  Headers,
  Module,
  Post,
  Res,
  StreamableFile,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Response } from 'express';
import { nestIdempotency } from '../../../src/http/nestjs.js';
import type { Answer, RunningServer, Work } from './answers.js';
import type { FrameworkOptions } from './framework.js';

type Handle<Trx> = (trx: Trx, body: unknown, user: string, response: Response) => Promise<unknown>;

export async function startNest<Trx>(options: FrameworkOptions<Trx>): Promise<RunningServer> {
  const { idempotency, handlerTimeoutMs, answers, database } = options;
  const interceptor = nestIdempotency({
    idempotency,
    handlerTimeoutMs,
    principal: (request) => String(request.headers['x-user'] ?? ''),
  });
  const Transaction = createParamDecorator((_data, context) => interceptor.transaction(context));
  const controllers = Object.entries(answers).map(([name, work]) =>
    controllerOf(name, {
      interceptor,
      Transaction,
      handle: async (trx: Trx, body, user, response) =>
        say(response, await work({ sql: database.within(trx), body, user } satisfies Work)),
    }),
  );
  class App {}
  Module({ controllers })(App);
  const app = await NestFactory.create(App, { logger: false, forceCloseConnections: true });
  app.use((_request: unknown, response: Response, next: () => void) => {
    response.set('x-request-id', options.requestId());
    next();
  });
  app.useGlobalFilters({
    catch(error: unknown, host: ArgumentsHost) {
      const response = host.switchToHttp().getResponse<Response>();
      response.status(500).json({ code: (error as { code?: unknown }).code });
    },
  });
  await app.listen(0, '127.0.0.1');
  return { url: await app.getUrl(), close: () => app.close() };
}

/** Decorators by hand: the tests are compiled without the compiler's old decorators. */
function controllerOf<Trx>(
  name: string,
  parts: {
    readonly interceptor: ReturnType<typeof nestIdempotency<Trx, never>>;
    readonly Transaction: () => ParameterDecorator;
    readonly handle: Handle<Trx>;
  },
): new () => object {
  class Routes {
    handle(trx: Trx, body: unknown, user: string, response: Response): Promise<unknown> {
      return parts.handle(trx, body, user, response);
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(Routes.prototype, 'handle') ?? {};
  const parameters = [parts.Transaction(), Body(), Headers('x-user'), Res({ passthrough: true })];
  for (const [index, decorate] of parameters.entries()) decorate(Routes.prototype, 'handle', index);
  Post(name)(Routes.prototype, 'handle', descriptor);
  UseInterceptors(parts.interceptor)(Routes);
  Controller()(Routes);
  return Routes;
}

function say(response: Response, answer: Answer): unknown {
  switch (answer.kind) {
    case 'json':
      response.cookie('a', '1').cookie('b', '2');
      response.status(answer.status).set(answer.headers ?? {});
      return answer.body;
    case 'text':
      response.status(answer.status).type('text/plain');
      return answer.body;
    case 'empty':
      response.status(204);
      return undefined;
    case 'stream':
      response.status(200);
      return new StreamableFile(Readable.from(answer.chunks), { type: answer.type });
  }
}
