import type { Knex } from 'knex';

/** Accounts whose balance and holds do not make what was paid in. */
export async function moneyDrift(payments: Knex): Promise<string[]> {
  const { rows } = await payments.raw<{
    rows: { customer_id: string; opening: string; balance: string; held: string }[];
  }>(`
    select a.customer_id, a.opening_minor as opening, a.balance_minor as balance, coalesce(p.held, 0) as held
    from accounts a
    left join (select customer_id, sum(amount_minor) as held from payments where status = 'AUTHORIZED' group by customer_id) p using (customer_id)
    where a.opening_minor <> a.balance_minor + coalesce(p.held, 0)
    order by a.customer_id`);
  return rows.map((row) => `${row.customer_id}: ${row.opening} paid in, but ${row.balance} left and ${row.held} held`);
}
