// #region set-up
import { kafkaTransport } from '@backstitch/kafka';
import {
  createMysqlOutbox,
  migrateMysql,
  mysqlDatabase,
  mysqlOutboxMigrations,
  mysqlOutboxOperations,
  mysqlOutboxStore,
} from '@backstitch/mysql';
import { createPruner, createRelay } from '@backstitch/outbox';
import { Kafka } from 'kafkajs';
import { createPool } from 'mysql2/promise';

const pool = createPool({ uri: process.env['MYSQL_URL'] ?? '' });
const transport = kafkaTransport({ kafka: new Kafka({ clientId: 'shop', brokers: ['localhost:9092'] }) });
const database = mysqlDatabase(pool); // or a Knex with client: 'mysql2'
const store = mysqlOutboxStore({ database });
const relay = createRelay({ store, transport });
const pruner = createPruner({ store });
const outbox = createMysqlOutbox({ database, relay, source: '/shop' });

export async function open(): Promise<void> {
  await migrateMysql(database, mysqlOutboxMigrations);
  await transport.ensureTopics([{ topic: 'order.events' }]);
  relay.start();
  pruner.start();
}

export async function close(): Promise<void> {
  await Promise.all([relay.stop(), pruner.stop()]);
  await transport.close();
  await pool.end();
}
// #endregion set-up

// #region publish
export async function placeOrder(orderId: string): Promise<void> {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    await connection.execute('insert into orders (id) values (?)', [orderId]);
    const about = { topic: 'order.events', aggregateType: 'order', aggregateId: orderId };
    await outbox.publish(connection, { ...about, type: 'OrderPlaced', payload: { orderId } });
    await connection.commit();
  } catch (error) {
    await connection.rollback();
    throw error;
  } finally {
    connection.release();
  }
}
// #endregion publish

// #region own-transaction
export async function placeOrderFaster(orderId: string): Promise<void> {
  await outbox.transaction(async (connection, publish) => {
    await connection.execute('insert into orders (id) values (?)', [orderId]);
    const about = { topic: 'order.events', aggregateType: 'order', aggregateId: orderId };
    await publish({ ...about, type: 'OrderPlaced', payload: { orderId } });
  });
}
// #endregion own-transaction

// #region failed
const operations = mysqlOutboxOperations({ database });

export async function requeueAll(): Promise<void> {
  const failed = await operations.list({ limit: 100 });
  const ids = failed.map(({ id }) => id);
  await operations.requeue(ids, { actor: 'ada@example.org', reason: 'the topic was missing, INC-4711' });
}
// #endregion failed
