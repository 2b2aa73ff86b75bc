import { createInMemoryBroker } from '@backstitch/messaging/testing';
import { SagaError, toText } from '@backstitch/saga-core';
import { postgresEngine, postgresParticipant } from '@backstitch/saga-core/postgres';
import knexFactory from 'knex';
import { inventoryParticipant, paymentsParticipant } from './participants.js';
import { placeOrder } from './place-order.js';

const knex = knexFactory({ client: 'pg', connection: process.env.DATABASE_URL ?? 'postgres://localhost/postgres' });
await knex.raw(`
  drop table if exists orders, stock, reservations;
  create table orders (id text primary key, status text not null);
  create table stock (sku text primary key, available integer not null);
  create table reservations (order_id text primary key, sku text not null);
  insert into stock values ('tea', 10);`);

const broker = createInMemoryBroker();
const engine = postgresEngine({
  database: knex,
  name: 'orders',
  sagas: [placeOrder],
  transport: broker.transport(),
  schema: 'orders_saga',
});
const participants = [inventoryParticipant, paymentsParticipant].map((each) =>
  postgresParticipant({
    database: knex,
    participant: each,
    orchestrators: ['orders'],
    transport: broker.transport(),
    schema: `${each.name}_saga`,
  }),
);

await engine.migrate();
await engine.ensureTopics();
for (const each of participants) {
  await each.migrate();
  await each.open();
}
await engine.open();

await place('o1', 450);
await place('o2', 90_000);

await engine.close();
for (const each of participants) await each.close();
await knex.destroy();

async function place(orderId: string, amountMinor: number) {
  const handle = await engine.start(placeOrder, { input: { orderId, sku: 'tea', amountMinor } });
  try {
    await handle.result({ timeout: '30s' });
  } catch (error) {
    if (!(error instanceof SagaError) || error.code !== 'SAGA_COMPENSATED') throw error;
    console.log(error.message);
  }
  console.log(toText(placeOrder, await engine.find(handle.id)));
  const { status } = await knex('orders').where({ id: orderId }).first();
  const { available } = await knex('stock').where({ sku: 'tea' }).first();
  console.log(`${orderId} is ${status}, ${available} of tea are left\n`);
}
