// #region outbox
import { kafkaTransport } from '@backstitch/kafka';
import { createOutbox, createPruner, outboxMigrations, postgresOutboxStore } from '@backstitch/outbox';
import { migrate, postgresDatabase } from '@backstitch/postgres';
import { Kafka } from 'kafkajs';
import knexFactory, { type Knex } from 'knex';
import { heartbeatTopic } from './relay-with-debezium-connector.js';

const knex = knexFactory({ client: 'pg', connection: process.env['DATABASE_URL'] ?? '' });
const database = postgresDatabase<Knex.Transaction>(knex);
const transport = kafkaTransport({ kafka: new Kafka({ clientId: 'shop', brokers: ['localhost:9092'] }) });
const outbox = createOutbox({ database, source: '/shop', relay: 'cdc' });
const pruner = createPruner({ store: postgresOutboxStore({ database }) });

export async function open(): Promise<void> {
  await migrate(database, outboxMigrations);
  await transport.ensureTopics([{ topic: 'order.events' }, { topic: heartbeatTopic, partitions: 1 }]);
  pruner.start();
}

export async function placeOrder(orderId: string): Promise<void> {
  await knex.transaction(async (trx) => {
    await trx('orders').insert({ id: orderId });
    const about = { topic: 'order.events', aggregateType: 'order', aggregateId: orderId };
    await outbox.publish(trx, { ...about, type: 'OrderPlaced', payload: { orderId } });
  });
}
// #endregion outbox
