// #region handlers
import { participant } from '@backstitch/saga-core/knex';
import { inventory } from './contracts.js';

export const handlers = participant(inventory, {
  async reserve({ trx, command, decline }) {
    const { orderId, sku, quantity } = command.payload;
    const taken = await trx('stock').where({ sku }).where('available', '>=', quantity).decrement('available', quantity);
    if (taken === 0) return decline('OUT_OF_STOCK', { sku }); // a business "no": rolled back, answered, never retried
    await trx('reservations').insert({ id: command.id, order_id: orderId, sku, quantity });
    return { reservationId: command.id };
  },
  async release({ trx, command }) {
    const rows = await trx('reservations').where({ order_id: command.payload.orderId }).delete().returning('*');
    for (const { sku, quantity } of rows) await trx('stock').where({ sku }).increment('available', quantity);
  },
});
// #endregion handlers

// #region service
import { kafkaTransport } from '@backstitch/kafka';
import { postgresParticipant } from '@backstitch/saga-core/postgres';
import { Kafka } from 'kafkajs';
import knexFactory, { type Knex } from 'knex';

const knex = knexFactory({ client: 'pg', connection: process.env['DATABASE_URL'] ?? '' });
const transport = kafkaTransport({ kafka: new Kafka({ clientId: 'inventory', brokers: ['localhost:9092'] }) });

export const service = postgresParticipant<Knex.Transaction>({
  database: knex,
  participant: handlers,
  orchestrators: ['orders'], // it answers to no other
  transport,
});

export async function open(): Promise<void> {
  await service.migrate();
  await service.ensureTopics();
  await service.open();
}

export async function close(): Promise<void> {
  await service.close();
  await transport.close();
  await knex.destroy();
}
// #endregion service

// #region prune
import { postgresDatabase } from '@backstitch/postgres';
import { postgresFenceStore } from '@backstitch/saga-core/postgres';

const fence = postgresFenceStore<Knex.Transaction>({ database: postgresDatabase<Knex.Transaction>(knex) });

/** For a nightly job. Longer than the contract's `fenceRetentionMs`, never shorter: a forgotten command would run again. */
export async function forgetOldCommands(): Promise<void> {
  const olderThanMs = inventory.reserve.fenceRetentionMs + 24 * 60 * 60 * 1_000;
  while ((await fence.prune({ olderThanMs, limit: 1_000 })) > 0);
}
// #endregion prune
