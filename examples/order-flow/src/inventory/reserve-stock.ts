import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { OrderLine } from '../contracts/order.js';

export type StockReservation =
  | { readonly kind: 'reserved'; readonly reservationId: string }
  | { readonly kind: 'out of stock'; readonly sku: string; readonly requested: number; readonly available: number };

/** Takes every line or answers which one is short. What was taken by then is given back by the caller's rollback. */
export async function reserveStock(
  trx: Knex.Transaction,
  orderId: string,
  items: readonly OrderLine[],
): Promise<StockReservation> {
  const reservationId = randomUUID();
  // By SKU: two orders that lock the same rows in opposite order would deadlock.
  for (const { sku, quantity } of [...items].sort((a, b) => (a.sku < b.sku ? -1 : 1))) {
    const taken = await trx('stock')
      .where({ sku })
      .andWhere('available', '>=', quantity)
      .decrement('available', quantity);
    if (taken === 0) {
      const row = await trx('stock').where({ sku }).first<{ available: number } | undefined>('available');
      return { kind: 'out of stock', sku, requested: quantity, available: row?.available ?? 0 };
    }
    await trx('reservations').insert({ id: reservationId, order_id: orderId, sku, quantity });
  }
  return { kind: 'reserved', reservationId };
}
