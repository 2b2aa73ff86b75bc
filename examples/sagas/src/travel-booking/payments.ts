import { participant } from '@backstitch/saga-core/knex';
import type { Knex } from 'knex';
import { payments } from './contracts.js';

export async function createPaymentTables(knex: Knex): Promise<void> {
  await knex.raw('create table cards (traveller text primary key, left_minor bigint not null check (left_minor >= 0))');
  await knex.raw(
    'create table charges (id text primary key, trip_id text not null unique, amount_minor bigint not null)',
  );
}

export const paymentService = participant(payments, {
  async charge({ trx, command: { id, payload }, decline }) {
    const { tripId, traveller, amountMinor } = payload;
    const charged = await trx('cards')
      .where({ traveller })
      .where('left_minor', '>=', amountMinor)
      .decrement('left_minor', amountMinor);
    if (charged === 0) return decline('DECLINED', { reason: 'the limit of the card' });
    await trx('charges').insert({ id, trip_id: tripId, amount_minor: amountMinor });
    return { chargeId: id };
  },
});
