import { participant } from '@backstitch/saga-core/knex';
import type { Knex } from 'knex';
import { customers } from './contracts.js';

export async function createCustomerTables(knex: Knex): Promise<void> {
  // The database keeps the promise too: no code, of whatever day, can reserve more than the limit.
  await knex.raw(`create table customers (
    id text primary key, limit_minor bigint not null, reserved_minor bigint not null default 0,
    check (reserved_minor between 0 and limit_minor))`);
  await knex.raw(
    'create table reservations (order_id text primary key, customer_id text not null, amount_minor bigint not null)',
  );
}

export const customerService = participant(customers, {
  async reserveCredit({ trx, command: { payload }, decline }) {
    const { orderId, customerId, amountMinor } = payload;
    // Asked and taken in one statement. Of many orders at once each waits for the row and sees what the one before it left.
    const reserved = await trx('customers')
      .where({ id: customerId })
      .whereRaw('reserved_minor + ? <= limit_minor', [amountMinor])
      .increment('reserved_minor', amountMinor);
    if (reserved === 0) {
      const customer = await trx('customers').where({ id: customerId }).first();
      if (customer === undefined) return decline('CUSTOMER_UNKNOWN', { customerId });
      return decline('CREDIT_LIMIT_EXCEEDED', {
        availableMinor: Number(customer.limit_minor) - Number(customer.reserved_minor),
      });
    }
    await trx('reservations').insert({ order_id: orderId, customer_id: customerId, amount_minor: amountMinor });
  },
  async releaseCredit({ trx, command: { payload } }) {
    const [gone] = await trx('reservations').where({ order_id: payload.orderId }).delete().returning('*');
    await trx('customers').where({ id: gone.customer_id }).decrement('reserved_minor', gone.amount_minor);
  },
});
