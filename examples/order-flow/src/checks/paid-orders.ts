import type { Knex } from 'knex';

interface Amount {
  readonly order_id: string;
  readonly amount: string;
}

/** Across two databases: every CONFIRMED order has one AUTHORIZED payment of its total, and no other order has any. */
export async function paymentDrift(orders: Knex, payments: Knex): Promise<string[]> {
  const { rows: confirmed } = await orders.raw<{ rows: Amount[] }>(`
    select id as order_id, total_minor as amount from orders where status = 'CONFIRMED'`);
  const { rows: authorized } = await payments.raw<{ rows: Amount[] }>(`
    select order_id, sum(amount_minor) as amount from payments where status = 'AUTHORIZED' group by 1`);
  const paid = new Map(authorized.map(({ order_id, amount }) => [order_id, amount]));
  const due = new Map(confirmed.map(({ order_id, amount }) => [order_id, amount]));
  return [...new Set([...paid.keys(), ...due.keys()])]
    .sort()
    .filter((each) => paid.get(each) !== due.get(each))
    .map((each) => `${each}: ${due.get(each) ?? 'nothing'} due, ${paid.get(each) ?? 'nothing'} authorised`);
}
