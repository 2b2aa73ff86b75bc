import type { Knex } from 'knex';
import { z } from 'zod';
import { money } from '../contracts/money.js';
import type { EventPublisher } from '../events/event-publisher.js';
import { jsonResponse } from '../http/json-response.js';
import { parseBody } from '../http/parse-body.js';
import { problem } from '../http/problem.js';
import type { Route } from '../http/route.js';

const product = z.object({ name: z.string().min(1).max(200), price: money });
/** What `GET /products` answers; the order service reads it by this. */
export const productList = z.object({ products: z.array(product.extend({ sku: z.string() })) });

interface ProductRow {
  readonly sku: string;
  readonly name: string;
  readonly price_minor: string;
  readonly currency: string;
}

const longestSku = 64;

export function productRoutes(knex: Knex, events: EventPublisher): readonly Route[] {
  return [
    {
      method: 'PUT',
      path: '/products/:sku',
      async handle({ params, body }) {
        const parsed = parseBody(product, body);
        if (parsed.kind === 'refused') return parsed.response;
        const { name, price } = parsed.value;
        const sku = params['sku'] ?? '';
        if (sku === '' || sku.length > longestSku) {
          return problem({
            status: 400,
            code: 'SKU_INVALID',
            title: 'Bad request',
            detail: `A SKU has 1 to ${longestSku} characters.`,
          });
        }
        const row = { sku, name, price_minor: price.amountMinor, currency: price.currency };
        await knex.transaction(async (trx) => {
          await trx('products').insert(row).onConflict('sku').merge();
          const payload = { sku, name, price };
          await events.publish(trx, { type: 'ProductOffered', aggregateType: 'product', aggregateId: sku, payload });
        });
        return jsonResponse(200, { sku, name, price });
      },
    },
    {
      method: 'GET',
      path: '/products',
      async handle({ query }) {
        const wanted = query.getAll('sku');
        if (wanted.length > 100) {
          return problem({
            status: 400,
            code: 'TOO_MANY_SKUS',
            title: 'Bad request',
            detail: 'Ask for at most 100 products at once.',
          });
        }
        const rows = await knex('products').whereIn('sku', wanted).orderBy('sku').select<ProductRow[]>();
        const products = rows.map((row) => ({
          sku: row.sku,
          name: row.name,
          price: { amountMinor: Number(row.price_minor), currency: row.currency },
        }));
        return jsonResponse(200, { products });
      },
    },
  ];
}
