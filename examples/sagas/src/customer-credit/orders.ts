import type { Knex } from 'knex';

export interface NewOrder {
  readonly orderId: string;
  readonly customerId: string;
  readonly totalMinor: number;
}

export async function createOrderTables(knex: Knex): Promise<void> {
  await knex.raw(`create table orders (
    id text primary key, customer_id text not null, total_minor bigint not null, status text not null, reason text,
    check (status in ('PENDING', 'APPROVED', 'REJECTED')))`);
}

export async function insertPendingOrder(trx: Knex.Transaction, order: NewOrder): Promise<void> {
  const { orderId, customerId, totalMinor } = order;
  await trx('orders').insert({ id: orderId, customer_id: customerId, total_minor: totalMinor, status: 'PENDING' });
}

export async function approveOrder(trx: Knex.Transaction, orderId: string): Promise<void> {
  await trx('orders').where({ id: orderId }).update({ status: 'APPROVED' });
}

export async function rejectOrder(trx: Knex.Transaction, orderId: string, reason: string): Promise<void> {
  await trx('orders').where({ id: orderId }).update({ status: 'REJECTED', reason });
}
