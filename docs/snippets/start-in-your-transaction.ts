// #region engine
import { kafkaTransport } from '@backstitch/kafka';
import { SagaError } from '@backstitch/saga-core';
import { postgresEngine } from '@backstitch/saga-core/postgres';
import { Kafka } from 'kafkajs';
import knexFactory, { type Knex } from 'knex';
import { placeOrder } from './place-order.js';

const knex = knexFactory({ client: 'pg', connection: process.env['DATABASE_URL'] ?? '' });
const transport = kafkaTransport({ kafka: new Kafka({ clientId: 'orders', brokers: ['localhost:9092'] }) });

export const engine = postgresEngine<Knex.Transaction>({
  database: knex,
  name: 'orders',
  sagas: [placeOrder],
  transport,
});

export async function open(): Promise<void> {
  await engine.migrate(); // its own schema, `backstitch`
  await engine.ensureTopics(); // nothing ever creates a topic by use
  await engine.open();
}

export async function close(): Promise<void> {
  await engine.close();
  await transport.close();
  await knex.destroy();
}
// #endregion engine

// #region start
export async function checkOut(cartId: string, orderId: string): Promise<string> {
  const handle = await knex.transaction(async (trx) => {
    await trx('carts').where({ id: cartId }).delete(); // your own write: the saga begins with it or not at all
    const input = { orderId, sku: 'tea', quantity: 1, totalMinor: 450 };
    return engine.start(placeOrder, { input, trx, idempotencyKey: orderId, tags: { cartId } });
  });
  return handle.id;
}
// #endregion start

// #region result
export async function awaitOrder(id: string): Promise<string> {
  try {
    const { paymentId } = await engine.handle(placeOrder, id).result({ timeout: '20s' });
    return `paid by ${paymentId}`;
  } catch (error) {
    if (!(error instanceof SagaError)) throw error;
    if (error.code === 'SAGA_COMPENSATED') return 'undone'; // error.fields.failure says why
    if (error.code === 'RESULT_TIMEOUT') return 'still under way'; // it goes on
    throw error; // SAGA_PARKED: a person has to decide
  }
}
// #endregion result
