import type { Knex } from 'knex';
import { z } from 'zod';
import { orderLine } from '../contracts/order.js';
import { jsonResponse } from '../http/json-response.js';
import { parseBody } from '../http/parse-body.js';
import { problem } from '../http/problem.js';
import type { Route } from '../http/route.js';

/** What `PUT` takes and `GET /carts/:id` answers; the order service reads it by this. */
export const cart = z.object({
  customerId: z.string().min(1).max(64),
  items: z
    .array(orderLine)
    .max(100)
    .refine(
      (items) => new Set(items.map(({ sku }) => sku)).size === items.length,
      'each SKU may stand in one line only',
    ),
});

export function cartRoutes(knex: Knex): readonly Route[] {
  return [
    {
      method: 'PUT',
      path: '/carts/:id',
      async handle({ params, body }) {
        const parsed = parseBody(cart, body);
        if (parsed.kind === 'refused') return parsed.response;
        const { customerId, items } = parsed.value;
        const id = params['id'] ?? '';
        await knex.transaction(async (trx) => {
          await trx('carts').insert({ id, customer_id: customerId }).onConflict('id').merge();
          await trx('cart_items').where({ cart_id: id }).delete();
          if (items.length > 0)
            await trx('cart_items').insert(items.map(({ sku, quantity }) => ({ cart_id: id, sku, quantity })));
        });
        return jsonResponse(200, parsed.value);
      },
    },
    {
      method: 'GET',
      path: '/carts/:id',
      async handle({ params }) {
        const id = params['id'] ?? '';
        const row = await knex('carts').where({ id }).first<{ customer_id: string } | undefined>();
        if (row === undefined)
          return problem({ status: 404, code: 'CART_UNKNOWN', title: 'Not found', detail: 'There is no such cart.' });
        const items = await knex('cart_items')
          .where({ cart_id: id })
          .orderBy('sku')
          .select<{ sku: string; quantity: number }[]>('sku', 'quantity');
        return jsonResponse(200, { customerId: row.customer_id, items });
      },
    },
  ];
}
