import 'reflect-metadata';
import { Readable } from 'node:stream';
import {
  type ArgumentsHost,
  Body,
  Controller,
  createParamDecorator,
  Get,
  Headers,
  type INestApplication,
  Module,
  Post,
  Res,
  StreamableFile,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Response } from 'express';
import { type NestIdempotency, nestIdempotency } from '../../../src/http/nestjs.js';
import type { Answer, RunningServer, Work } from './answers.js';
import type { FrameworkOptions } from './framework.js';

/** What Express's response and Fastify's reply have in common. */
interface NestResponse {
  status(code: number): this;
  header(name: string, value: string | string[]): this;
  send(body: object): unknown;
}

export async function startNestOnExpress<Trx>(options: FrameworkOptions<Trx>): Promise<RunningServer> {
  const app = await NestFactory.create(moduleOf(options), { logger: false, forceCloseConnections: true });
  app.use((_request: unknown, response: Response, next: () => void) => {
    const id = options.requestId();
    response.set('x-request-id', id).cookie('session', id);
    next();
  });
  return listening(app);
}

export async function startNestOnFastify<Trx>(options: FrameworkOptions<Trx>): Promise<RunningServer> {
  const adapter = new FastifyAdapter({ forceCloseConnections: true });
  const app = await NestFactory.create<NestFastifyApplication>(moduleOf(options), adapter, { logger: false });
  adapter.getInstance().addHook('onRequest', async (_request, reply) => {
    const id = options.requestId();
    reply.header('x-request-id', id).header('set-cookie', `session=${id}`);
  });
  return listening(app);
}

async function listening(app: INestApplication): Promise<RunningServer> {
  app.useGlobalFilters({
    catch(error: unknown, host: ArgumentsHost) {
      const response = host.switchToHttp().getResponse<NestResponse>();
      response.status(500).send({ code: (error as { code?: unknown }).code });
    },
  });
  await app.listen(0, '127.0.0.1');
  return { url: await app.getUrl(), close: () => app.close() };
}

function moduleOf<Trx>(options: FrameworkOptions<Trx>): new () => object {
  const { idempotency, handlerTimeoutMs, answers, database } = options;
  const interceptor = nestIdempotency({
    idempotency,
    handlerTimeoutMs,
    principal: (request) => String(request.headers['x-user'] ?? ''),
  });
  const Transaction = createParamDecorator((_data, context) => interceptor.transaction(context));
  const controllers = Object.entries(answers).map(([name, work]) =>
    writingController(name, {
      interceptor,
      Transaction,
      handle: async (trx: Trx, body, user, response) =>
        say(response, await work({ sql: database.within(trx), body, user } satisfies Work)),
    }),
  );
  class App {}
  Module({ controllers: [...controllers, readingController(interceptor, options.look)] })(App);
  return App;
}

/** Decorators by hand: the tests are compiled without the compiler's old decorators. */
function writingController<Trx>(
  name: string,
  parts: {
    readonly interceptor: NestIdempotency<Trx>;
    readonly Transaction: () => ParameterDecorator;
    readonly handle: (trx: Trx, body: unknown, user: string, response: NestResponse) => Promise<unknown>;
  },
): new () => object {
  class Routes {
    handle(trx: Trx, body: unknown, user: string, response: NestResponse): Promise<unknown> {
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

function readingController<Trx>(interceptor: NestIdempotency<Trx>, look: () => number): new () => object {
  class Routes {
    handle(): object {
      return { looks: look() };
    }
  }
  Get('looks')(Routes.prototype, 'handle', Object.getOwnPropertyDescriptor(Routes.prototype, 'handle') ?? {});
  UseInterceptors(interceptor)(Routes);
  Controller()(Routes);
  return Routes;
}

function say(response: NestResponse, answer: Answer): unknown {
  switch (answer.kind) {
    case 'json':
      for (const [name, value] of Object.entries(answer.headers ?? {})) response.header(name, value);
      addCookies(response, ['a=1', 'b=2']);
      response.status(answer.status);
      return answer.body;
    case 'text':
      response.status(answer.status).header('content-type', 'text/plain; charset=utf-8');
      return answer.body;
    case 'empty':
      response.status(204);
      return undefined;
    case 'stream':
      response.status(200);
      return new StreamableFile(Readable.from(answer.chunks), { type: answer.type });
  }
}

function addCookies(response: NestResponse, cookies: string[]): void {
  // Fastify's `header` adds cookies, Express's sets them.
  if ('append' in response) (response as unknown as Response).append('set-cookie', cookies);
  else response.header('set-cookie', cookies);
}
