import type { Knex } from 'knex';
import type { OrderStatus } from './order-book.js';

export interface OrderView {
  readonly orderId: string;
  readonly customerId: string;
  readonly status: OrderStatus;
  /** Why it was cancelled. */
  readonly reason?: string;
  readonly total: { readonly amountMinor: number; readonly currency: string };
  readonly items: readonly { readonly sku: string; readonly quantity: number; readonly unitPriceMinor: number }[];
}

interface OrderRow {
  readonly id: string;
  readonly customer_id: string;
  readonly status: OrderStatus;
  readonly cancel_reason: string | null;
  readonly currency: string;
  readonly total_minor: string;
}
interface ItemRow {
  readonly sku: string;
  readonly quantity: number;
  readonly unit_price_minor: string;
}

export async function findOrder(knex: Knex, orderId: string): Promise<OrderView | undefined> {
  const row = await knex('orders').where({ id: orderId }).first<OrderRow | undefined>();
  if (row === undefined) return undefined;
  const items = await knex('order_items').where({ order_id: orderId }).orderBy('sku').select<ItemRow[]>();
  return {
    orderId: row.id,
    customerId: row.customer_id,
    status: row.status,
    ...(row.cancel_reason === null ? {} : { reason: row.cancel_reason }),
    total: { amountMinor: Number(row.total_minor), currency: row.currency },
    items: items.map(({ sku, quantity, unit_price_minor }) => ({
      sku,
      quantity,
      unitPriceMinor: Number(unit_price_minor),
    })),
  };
}
