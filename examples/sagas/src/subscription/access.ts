import { participant } from '@backstitch/saga-core/knex';
import type { Knex } from 'knex';
import { access } from './contracts.js';

export async function createAccessTables(knex: Knex): Promise<void> {
  await knex.raw('create table grants (subscription_id text primary key, customer text not null)');
}

export const accessService = participant(access, {
  async grant({ trx, command: { payload } }) {
    await trx('grants').insert({ subscription_id: payload.subscriptionId, customer: payload.customer });
  },
  async revoke({ trx, command: { payload } }) {
    await trx('grants').where({ subscription_id: payload.subscriptionId }).delete();
  },
});
