import type { Knex } from 'knex';

/** SKUs whose available and reserved pieces do not make what was delivered. */
export async function stockDrift(inventory: Knex): Promise<string[]> {
  const { rows } = await inventory.raw<{
    rows: { sku: string; delivered: number; available: number; reserved: number }[];
  }>(`
    select s.sku, s.delivered, s.available, coalesce(r.reserved, 0)::int as reserved
    from stock s
    left join (select sku, sum(quantity) as reserved from reservations where status = 'RESERVED' group by sku) r using (sku)
    where s.delivered <> s.available + coalesce(r.reserved, 0)
    order by s.sku`);
  return rows.map(
    (row) => `${row.sku}: ${row.delivered} delivered, but ${row.available} available and ${row.reserved} reserved`,
  );
}
