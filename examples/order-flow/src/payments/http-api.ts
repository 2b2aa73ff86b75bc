import type { Knex } from 'knex';
import { z } from 'zod';
import { money } from '../contracts/money.js';
import { jsonResponse } from '../http/json-response.js';
import { parseBody } from '../http/parse-body.js';
import { problem } from '../http/problem.js';
import type { Route } from '../http/route.js';

const account = z.object({ customerId: z.string().min(1).max(64), opening: money });

interface AccountRow {
  readonly customer_id: string;
  readonly currency: string;
  readonly balance_minor: string;
}

export function accountRoutes(knex: Knex): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/accounts',
      async handle({ body }) {
        const parsed = parseBody(account, body);
        if (parsed.kind === 'refused') return parsed.response;
        const { customerId, opening } = parsed.value;
        const { amountMinor, currency } = opening;
        const inserted = await knex('accounts')
          .insert({ customer_id: customerId, currency, opening_minor: amountMinor, balance_minor: amountMinor })
          .onConflict('customer_id')
          .ignore()
          .returning<{ customer_id: string }[]>('customer_id');
        if (inserted.length > 0) return jsonResponse(201, { customerId, balance: opening });
        return problem({
          status: 409,
          code: 'ACCOUNT_EXISTS',
          title: 'Conflict',
          detail: 'This customer has an account already.',
        });
      },
    },
    {
      method: 'GET',
      path: '/accounts/:customerId',
      async handle({ params }) {
        const row = await knex('accounts')
          .where({ customer_id: params['customerId'] ?? '' })
          .first<AccountRow | undefined>();
        if (row === undefined)
          return problem({
            status: 404,
            code: 'ACCOUNT_UNKNOWN',
            title: 'Not found',
            detail: 'There is no such account.',
          });
        const balance = { amountMinor: Number(row.balance_minor), currency: row.currency };
        return jsonResponse(200, { customerId: row.customer_id, balance });
      },
    },
  ];
}
