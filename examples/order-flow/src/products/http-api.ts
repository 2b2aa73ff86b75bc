import type { Knex } from 'knex';
import { z } from 'zod';
import { money } from '../contracts/money.js';
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

export function productRoutes(knex: Knex): readonly Route[] {
  return [
    {
      method: 'PUT',
      path: '/products/:sku',
      async handle({ params, body }) {
        const parsed = parseBody(product, body);
        if (parsed.kind === 'refused') return parsed.response;
        const { name, price } = parsed.value;
        const row = { sku: params['sku'] ?? '', name, price_minor: price.amountMinor, currency: price.currency };
        await knex('products').insert(row).onConflict('sku').merge();
        return jsonResponse(200, { sku: row.sku, name, price });
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
