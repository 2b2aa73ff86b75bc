import { participant } from '@backstitch/saga-core/knex';
import type { Knex } from 'knex';
import { billing } from './contracts.js';

export async function createBillingTables(knex: Knex): Promise<void> {
  await knex.raw('create table cards (customer text primary key, left_minor bigint not null check (left_minor >= 0))');
  await knex.raw(`create table invoices (
    id text primary key, subscription_id text not null, period integer not null, amount_minor bigint not null, status text not null,
    unique (subscription_id, period), check (status in ('OPEN', 'PAID', 'VOID')))`);
  await knex.raw(`create table charges (
    id text primary key, subscription_id text not null, period integer not null, customer text not null, amount_minor bigint not null,
    refunded boolean not null default false, unique (subscription_id, period))`);
}

export const billingService = participant(billing, {
  async issueInvoice({ trx, command: { id, payload } }) {
    const { subscriptionId, period, amountMinor } = payload;
    await trx('invoices').insert({
      id,
      subscription_id: subscriptionId,
      period,
      amount_minor: amountMinor,
      status: 'OPEN',
    });
    return { invoiceId: id };
  },
  async voidInvoice({ trx, command: { payload } }) {
    await trx('invoices').where(ofPeriod(payload)).update({ status: 'VOID' });
  },
  async charge({ trx, command: { id, payload }, decline }) {
    const { customer, amountMinor, ...period } = payload;
    const charged = await trx('cards')
      .where({ customer })
      .where('left_minor', '>=', amountMinor)
      .decrement('left_minor', amountMinor);
    if (charged === 0) return decline('CARD_REFUSED', { reason: 'the limit of the card' });
    await trx('charges').insert({ id, ...ofPeriod(period), customer, amount_minor: amountMinor });
    await trx('invoices').where(ofPeriod(period)).update({ status: 'PAID' });
    return { chargeId: id };
  },
  async refund({ trx, command: { payload } }) {
    const [charge] = await trx('charges').where(ofPeriod(payload)).update({ refunded: true }).returning('*');
    await trx('cards').where({ customer: charge.customer }).increment('left_minor', Number(charge.amount_minor));
  },
});

function ofPeriod({ subscriptionId, period }: { readonly subscriptionId: string; readonly period: number }) {
  return { subscription_id: subscriptionId, period };
}
