// #region set-up
import { kafkaTransport } from '@backstitch/kafka';
import { eventCatalog } from '@backstitch/messaging';
import { createOutbox, createPruner, createRelay, outboxMigrations, postgresOutboxStore } from '@backstitch/outbox';
import { migrate, postgresDatabase } from '@backstitch/postgres';
import { Kafka } from 'kafkajs';
import knexFactory, { type Knex } from 'knex';

const knex = knexFactory({ client: 'pg', connection: process.env['DATABASE_URL'] ?? '' });
const transport = kafkaTransport({ kafka: new Kafka({ clientId: 'shop', brokers: ['localhost:9092'] }) });
const database = postgresDatabase<Knex.Transaction>(knex);
const store = postgresOutboxStore({ database });
const relay = createRelay({ store, transport });
const pruner = createPruner({ store });
const catalog = eventCatalog({
  OrderPlaced: {
    version: 1,
    schema: { type: 'object', required: ['orderId'], properties: { orderId: { type: 'string' } } },
  },
});
const outbox = createOutbox({ database, relay, catalog, source: '/shop' });

export async function open(): Promise<void> {
  await migrate(database, outboxMigrations);
  await transport.ensureTopics([{ topic: 'order.events' }]);
  relay.start();
  pruner.start();
}

export async function close(): Promise<void> {
  await Promise.all([relay.stop(), pruner.stop()]);
  await transport.close();
  await knex.destroy();
}
// #endregion set-up

// #region publish
export async function placeOrder(orderId: string): Promise<void> {
  await knex.transaction(async (trx) => {
    await trx('orders').insert({ id: orderId });
    await outbox.publish(trx, {
      topic: 'order.events',
      aggregateType: 'order',
      aggregateId: orderId,
      type: 'OrderPlaced',
      payload: { orderId },
    });
  });
}
// #endregion publish

// #region own-transaction
export async function placeOrderFaster(orderId: string): Promise<void> {
  await outbox.transaction(async (trx, publish) => {
    await trx('orders').insert({ id: orderId });
    const about = { topic: 'order.events', aggregateType: 'order', aggregateId: orderId };
    await publish({ ...about, type: 'OrderPlaced', payload: { orderId } });
  });
}
// #endregion own-transaction

// #region failed
import { postgresOutboxOperations } from '@backstitch/outbox';

const operations = postgresOutboxOperations({ database });

export async function requeueTooLarge(): Promise<void> {
  const failed = await operations.list({ limit: 100 }); // FAILED rows, unless another status is asked for
  const ids = failed.filter(({ lastError }) => lastError?.startsWith('RECORD_TOO_LARGE')).map(({ id }) => id);
  await operations.requeue(ids, { actor: 'ada@example.org', reason: 'max.message.bytes was raised, INC-4711' });
}
// #endregion failed
