import type { Knex } from 'knex';

interface Line {
  readonly order_id: string;
  readonly sku: string;
  readonly quantity: number;
}

/** Across two databases: what the inventory holds for an order has to be what a CONFIRMED order's items say, and nothing else. */
export async function reservedStockDrift(orders: Knex, inventory: Knex): Promise<string[]> {
  const { rows: ordered } = await orders.raw<{ rows: Line[] }>(`
    select i.order_id, i.sku, i.quantity from order_items i join orders o on o.id = i.order_id where o.status = 'CONFIRMED'`);
  const { rows: reserved } = await inventory.raw<{ rows: Line[] }>(`
    select order_id, sku, sum(quantity)::int as quantity from reservations where status = 'RESERVED' group by 1, 2`);
  return difference(ordered, reserved);
}

function difference(ordered: readonly Line[], reserved: readonly Line[]): string[] {
  const key = ({ order_id, sku }: Line): string => `${order_id} ${sku}`;
  const held = new Map(reserved.map((line) => [key(line), line.quantity]));
  const wanted = new Map(ordered.map((line) => [key(line), line.quantity]));
  return [...new Set([...held.keys(), ...wanted.keys()])]
    .sort()
    .filter((each) => (held.get(each) ?? 0) !== (wanted.get(each) ?? 0))
    .map((each) => `${each}: ${wanted.get(each) ?? 0} ordered, ${held.get(each) ?? 0} reserved`);
}
