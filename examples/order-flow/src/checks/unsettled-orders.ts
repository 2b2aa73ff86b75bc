import type { Knex } from 'knex';

/** Orders that are neither CONFIRMED nor CANCELLED. */
export async function unsettledOrders(orders: Knex): Promise<string[]> {
  const rows = await orders('orders').where({ status: 'PENDING' }).orderBy('created_at').select<{ id: string }[]>('id');
  return rows.map(({ id }) => `${id} is still PENDING`);
}
