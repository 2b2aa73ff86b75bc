import { randomUUID } from 'node:crypto';
import type { HttpResponse, Idempotency } from '@backstitch/idempotency';
import type { Database } from '@backstitch/postgres';
import type { SagaEngine } from '@backstitch/saga-core';
import type { Knex } from 'knex';
import { z } from 'zod';
import { jsonResponse } from '../http/json-response.js';
import { parseBody } from '../http/parse-body.js';
import { problem } from '../http/problem.js';
import type { Route, RouteRequest } from '../http/route.js';
import { findOrder } from './find-order.js';
import type { PlaceOrder } from './order-saga.js';
import { type Quote, type QuoteSources, quoteCart } from './quote-cart.js';

export interface OrderApiOptions {
  readonly knex: Knex;
  readonly database: Database<Knex.Transaction>;
  readonly engine: SagaEngine<Knex.Transaction>;
  readonly idempotency: Idempotency<Knex.Transaction>;
  readonly placeOrder: PlaceOrder;
  readonly sources: QuoteSources;
}

const orderRequest = z.object({ customerId: z.string().min(1).max(64), cartId: z.string().min(1).max(64) });
type OrderRequest = z.infer<typeof orderRequest>;

export function orderRoutes(options: OrderApiOptions): readonly Route[] {
  return [
    { method: 'POST', path: '/orders', handle: (request) => postOrder(options, request) },
    { method: 'GET', path: '/orders/:id', handle: (request) => getOrder(options.knex, request) },
  ];
}

/**
 * The cart and the prices are read before the transaction: no lock is held while another service is asked. Then key, order, saga and its
 * first command commit together, or nothing does. A replay answers what was answered then, whatever became of the cart.
 */
async function postOrder(options: OrderApiOptions, { body, headers }: RouteRequest): Promise<HttpResponse> {
  const parsed = parseBody(orderRequest, body);
  if (parsed.kind === 'refused') return parsed.response;
  const { customerId } = parsed.value;
  const quote = await quoteCart(options.sources, parsed.value);
  const call = { principal: customerId, method: 'POST', route: '/orders', key: headers['idempotency-key'], body };
  const { response } = await options.database.transaction((trx) =>
    options.idempotency.idempotentRequest(trx, call, () => place(options, { trx, request: parsed.value, quote })),
  );
  return response;
}

async function place(
  { engine, placeOrder }: OrderApiOptions,
  { trx, request, quote }: { readonly trx: Knex.Transaction; readonly request: OrderRequest; readonly quote: Quote },
): Promise<HttpResponse> {
  switch (quote.kind) {
    case 'unavailable':
      return problem({ status: 503, code: 'TRY_AGAIN', title: 'Service unavailable', detail: quote.detail });
    case 'refused': {
      const errors = [{ pointer: '/cartId', detail: quote.detail }];
      return problem({
        status: 422,
        code: quote.code,
        title: 'The cart cannot be ordered',
        detail: quote.detail,
        errors,
      });
    }
    case 'quoted': {
      const { items, total } = quote;
      const orderId = randomUUID();
      const input = { orderId, customerId: request.customerId, items, total };
      // The order's id is the start key too: by it the saga of an order is found again.
      await engine.start(placeOrder, { input, trx, idempotencyKey: orderId, tags: { orderId } });
      return jsonResponse(202, { orderId, status: 'PENDING', total }, { location: `/orders/${orderId}` });
    }
    default:
      return quote satisfies never;
  }
}

async function getOrder(knex: Knex, { params }: RouteRequest): Promise<HttpResponse> {
  const id = z.uuid().safeParse(params['id']);
  const found = id.success ? await findOrder(knex, id.data) : undefined;
  if (found !== undefined) return jsonResponse(200, found);
  return problem({ status: 404, code: 'ORDER_UNKNOWN', title: 'Not found', detail: 'There is no such order.' });
}
