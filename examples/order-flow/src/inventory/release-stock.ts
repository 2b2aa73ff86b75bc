import type { Knex } from 'knex';

/** Gives back what is reserved for the order. The fence calls it only where a reservation took effect. */
export async function releaseStock(trx: Knex.Transaction, orderId: string): Promise<void> {
  const released = await trx('reservations')
    .where({ order_id: orderId, status: 'RESERVED' })
    .update({ status: 'RELEASED' })
    .returning<{ sku: string; quantity: number }[]>(['sku', 'quantity']);
  for (const { sku, quantity } of released.sort((a, b) => (a.sku < b.sku ? -1 : 1))) {
    await trx('stock').where({ sku }).increment('available', quantity);
  }
}
