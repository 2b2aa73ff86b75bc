import type { Knex } from 'knex';

export async function createSubscriptionTables(knex: Knex): Promise<void> {
  await knex.raw(`create table subscriptions (
    id text primary key, customer text not null, status text not null, charge_id text, reason text,
    check (status in ('TRIAL', 'ACTIVE', 'CLOSED')))`);
}

export async function openTrial(
  trx: Knex.Transaction,
  { subscriptionId, customer }: { readonly subscriptionId: string; readonly customer: string },
): Promise<void> {
  await trx('subscriptions').insert({ id: subscriptionId, customer, status: 'TRIAL' });
}

export async function activate(trx: Knex.Transaction, id: string, chargeId: string): Promise<void> {
  await trx('subscriptions').where({ id }).update({ status: 'ACTIVE', charge_id: chargeId });
}

export async function close(trx: Knex.Transaction, id: string, reason: string): Promise<void> {
  await trx('subscriptions').where({ id }).update({ status: 'CLOSED', reason });
}
