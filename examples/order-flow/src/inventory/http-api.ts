import type { Knex } from 'knex';
import { z } from 'zod';
import { sku } from '../contracts/order.js';
import { jsonResponse } from '../http/json-response.js';
import { parseBody } from '../http/parse-body.js';
import { problem } from '../http/problem.js';
import type { Route } from '../http/route.js';

const delivery = z.object({ sku, quantity: z.int().min(1).max(1_000_000) });

interface StockRow {
  readonly sku: string;
  readonly delivered: number;
  readonly available: number;
}

export function stockRoutes(knex: Knex): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/deliveries',
      async handle({ body }) {
        const parsed = parseBody(delivery, body);
        if (parsed.kind === 'refused') return parsed.response;
        const { sku, quantity } = parsed.value;
        const [row] = await knex('stock')
          .insert({ sku, delivered: quantity, available: quantity })
          .onConflict('sku')
          .merge({
            delivered: knex.raw('stock.delivered + excluded.delivered'),
            available: knex.raw('stock.available + excluded.available'),
          })
          .returning<StockRow[]>('*');
        return jsonResponse(201, row);
      },
    },
    {
      method: 'GET',
      path: '/stock/:sku',
      async handle({ params }) {
        const row = await knex('stock')
          .where({ sku: params['sku'] ?? '' })
          .first<StockRow | undefined>();
        if (row !== undefined) return jsonResponse(200, row);
        return problem({
          status: 404,
          code: 'SKU_UNKNOWN',
          title: 'Not found',
          detail: 'Nothing was ever delivered under this SKU.',
        });
      },
    },
  ];
}
