import { Readable } from 'node:stream';
import { type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { fastifyIdempotency } from '../../../src/http/fastify.js';
import type { Answer, RunningServer } from './answers.js';
import type { FrameworkOptions } from './framework.js';

export async function startFastify<Trx>(options: FrameworkOptions<Trx>): Promise<RunningServer> {
  const { idempotency, handlerTimeoutMs, answers, database } = options;
  const idempotent = fastifyIdempotency({
    idempotency,
    handlerTimeoutMs,
    principal: (request: FastifyRequest) => String(request.headers['x-user'] ?? ''),
  });
  const app = fastify({ forceCloseConnections: true });
  app.addHook('onRequest', async (_request, reply) => {
    const id = options.requestId();
    reply.header('x-request-id', id).header('set-cookie', `session=${id}`);
  });
  for (const [name, work] of Object.entries(answers)) {
    app.post(
      `/${name}`,
      idempotent(async (request, reply: FastifyReply, trx) => {
        const user = String(request.headers['x-user'] ?? '');
        return say(reply, await work({ sql: database.within(trx), body: request.body, user }));
      }),
    );
  }
  app.get(
    '/looks',
    idempotent(async () => ({ looks: options.look() })),
  );
  app.setErrorHandler((error, _request, reply) => {
    reply.code(500).send({ code: (error as { code?: unknown }).code });
  });
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() };
}

function say(reply: FastifyReply, answer: Answer): unknown {
  switch (answer.kind) {
    case 'json':
      reply.code(answer.status).headers({ ...answer.headers, 'set-cookie': ['a=1', 'b=2'] });
      return answer.body;
    case 'text':
      // As a handler may do it that sends by itself.
      return reply.code(answer.status).type('text/plain').send(answer.body);
    case 'empty':
      reply.code(204);
      return undefined;
    case 'stream':
      return reply.type(answer.type).send(Readable.from(answer.chunks));
  }
}
