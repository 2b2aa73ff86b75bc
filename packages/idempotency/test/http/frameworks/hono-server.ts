import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { honoIdempotency } from '../../../src/http/hono.js';
import type { Answer, RunningServer } from './answers.js';
import type { FrameworkOptions } from './framework.js';

export async function startHono<Trx>(options: FrameworkOptions<Trx>): Promise<RunningServer> {
  const { idempotency, handlerTimeoutMs, answers, database } = options;
  const idempotent = honoIdempotency({
    idempotency,
    handlerTimeoutMs,
    principal: (context: Context) => context.req.header('x-user') ?? '',
  });
  const app = new Hono();
  app.use(async (context, next) => {
    const id = options.requestId();
    context.header('x-request-id', id);
    context.header('set-cookie', `session=${id}`, { append: true });
    await next();
  });
  for (const [name, work] of Object.entries(answers)) {
    app.post(
      `/${name}`,
      idempotent(async (context, trx) => {
        const user = context.req.header('x-user') ?? '';
        const body: unknown = await context.req.json().catch(() => undefined);
        return say(context, await work({ sql: database.within(trx), body, user }));
      }),
    );
  }
  app.get(
    '/looks',
    idempotent((context) => context.json({ looks: options.look() })),
  );
  app.onError((error, context) => context.json({ code: (error as { code?: unknown }).code }, 500));
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
  if (!server.listening) await once(server, 'listening');
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

function say(context: Context, answer: Answer): Response {
  switch (answer.kind) {
    case 'json':
      context.header('set-cookie', 'a=1', { append: true });
      context.header('set-cookie', 'b=2', { append: true });
      return context.json(answer.body, answer.status as 200, answer.headers ?? {});
    case 'text':
      return context.text(answer.body, answer.status as 200);
    case 'empty':
      return context.body(null, 204);
    case 'stream':
      return context.body(streamOf(answer.chunks), 200, { 'content-type': answer.type });
  }
}

function streamOf(chunks: readonly Uint8Array[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}
