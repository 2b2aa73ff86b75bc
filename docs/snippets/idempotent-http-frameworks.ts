import { idempotency } from './idempotent-http-requests.js';

// #region express
import { expressIdempotency } from '@backstitch/idempotency/express';
import express, { type Request, type Response } from 'express';

export function expressApp(): express.Express {
  // The header is set by your gateway, which takes away what a caller has written there.
  const principal = (request: Request) => request.get('x-authenticated-user') ?? '';
  const idempotent = expressIdempotency({ idempotency, principal });
  const app = express();
  app.use(express.json()); // in front: what is compared is the parsed body
  app.post(
    '/orders',
    idempotent(async (request, response: Response, trx) => {
      const [order] = await trx('orders').insert({ item: request.body.item }).returning('id');
      response.status(201).location(`/orders/${order.id}`).json(order);
    }),
  );
  return app;
}
// #endregion express

// #region fastify
import { fastifyIdempotency } from '@backstitch/idempotency/fastify';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';

export function fastifyApp(): FastifyInstance {
  const principal = (request: FastifyRequest) => String(request.headers['x-authenticated-user'] ?? '');
  const idempotent = fastifyIdempotency({ idempotency, principal });
  const app = fastify();
  app.post(
    '/orders',
    idempotent(async (request, reply: FastifyReply, trx) => {
      const { item } = request.body as { item: string };
      const [order] = await trx('orders').insert({ item }).returning('id');
      reply.code(201).header('location', `/orders/${order.id}`);
      return order;
    }),
  );
  return app;
}
// #endregion fastify

// #region hono
import { honoIdempotency } from '@backstitch/idempotency/hono';
import { type Context, Hono } from 'hono';

export function honoApp(): Hono {
  const principal = (context: Context) => context.req.header('x-authenticated-user') ?? '';
  const idempotent = honoIdempotency({ idempotency, principal });
  const app = new Hono();
  app.post(
    '/orders',
    idempotent(async (context, trx) => {
      const { item } = await context.req.json();
      const [order] = await trx('orders').insert({ item }).returning('id');
      return context.json(order, 201, { location: `/orders/${order.id}` });
    }),
  );
  return app;
}
// #endregion hono
