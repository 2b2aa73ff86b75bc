import { contract } from '@backstitch/messaging';
import { createInMemoryBroker, type InMemoryBroker, type InMemoryBrokerOptions } from '@backstitch/messaging/testing';
import createKnex, { type Knex } from 'knex';
import { z } from 'zod';
import { StepDeclined } from '../../src/index.js';
import { participant, saga } from '../../src/knex/index.js';
import {
  type PostgresEngine,
  type PostgresParticipant,
  postgresEngine,
  postgresParticipant,
} from '../../src/postgres/index.js';

export const inventory = contract('inventory', {
  reserve: {
    request: z.object({ orderId: z.string(), qty: z.number().int() }),
    reply: z.object({ reservationId: z.string() }),
    errors: { OUT_OF_STOCK: z.object({ left: z.number() }) },
  },
  release: { request: z.object({ orderId: z.string() }) },
});
export const payment = contract('payment', {
  authorize: {
    request: z.object({ orderId: z.string(), amount: z.number().int() }),
    reply: z.object({ authId: z.string() }),
    errors: { DECLINED: z.object({ reason: z.string() }) },
  },
  void: { request: z.object({ orderId: z.string() }) },
});

export const placeOrder = saga('place-order', {
  version: 1,
  input: z.object({ orderId: z.string(), qty: z.number().int(), amount: z.number().int() }),
})
  .local(
    'createOrder',
    async ({ trx, input }) => {
      if (input.qty === 0) throw new StepDeclined('EMPTY_ORDER');
      await trx('orders').insert({ id: input.orderId, status: 'PENDING' });
      return { orderId: input.orderId };
    },
    {
      compensate: async ({ trx, output, failure }) => {
        await trx('orders').where({ id: output.orderId }).update({ status: 'CANCELLED', reason: failure.code });
      },
    },
  )
  .invoke('reserveStock', inventory.reserve, {
    with: ({ input }) => ({ orderId: input.orderId, qty: input.qty }),
    compensate: { command: inventory.release, with: ({ sent }) => ({ orderId: sent.orderId }) },
    timeout: '1s',
    retry: { attempts: 2, backoff: '100ms' },
  })
  .invoke('authorizePayment', payment.authorize, {
    with: ({ input }) => ({ orderId: input.orderId, amount: input.amount }),
    compensate: { command: payment.void, with: ({ sent }) => ({ orderId: sent.orderId }) },
    timeout: '1s',
    retry: { attempts: 2, backoff: '100ms' },
  })
  .local(
    'confirmOrder',
    async ({ trx, input }) => {
      await trx('orders').where({ id: input.orderId }).update({ status: 'CONFIRMED' });
    },
    { compensate: 'nothing to undo' },
  )
  .output(({ steps }) => ({ authId: steps.authorizePayment.authId }));

export interface OrderServices {
  readonly broker: InMemoryBroker;
  readonly knex: Knex;
  readonly engine: PostgresEngine<Knex.Transaction>;
  readonly participants: readonly PostgresParticipant<Knex.Transaction>[];
  close(): Promise<void>;
}

/** Three services in one process, each in a schema of its own in one database, over the in-memory broker. */
export async function openOrderServices(
  url: string,
  brokerOptions: InMemoryBrokerOptions = {},
): Promise<OrderServices> {
  // knex itself writes each lost connection to the console.
  const log = { warn: () => undefined, error: () => undefined };
  const knex = createKnex({ client: 'pg', connection: url, pool: { min: 0, max: 20 }, log });
  await knex.raw('create table orders (id text primary key, status text not null, reason text)');
  await knex.raw('create table stock (id int primary key, available int not null)');
  await knex.raw('create table reservations (order_id text, qty int)');
  await knex.raw('create table payments (order_id text, amount int)');
  await knex('stock').insert({ id: 1, available: 10 });
  const broker = createInMemoryBroker(brokerOptions);
  const inventoryParticipant = participant(inventory, {
    reserve: async ({ trx, command: { payload, id }, decline }) => {
      const taken = await trx('stock')
        .where({ id: 1 })
        .andWhere('available', '>=', payload.qty)
        .decrement('available', payload.qty);
      if (taken === 0) return decline('OUT_OF_STOCK', { left: 0 });
      await trx('reservations').insert({ order_id: payload.orderId, qty: payload.qty });
      return { reservationId: id };
    },
    release: async ({ trx, command: { payload } }) => {
      const [reservation] = await trx('reservations').where({ order_id: payload.orderId }).delete().returning('qty');
      await trx('stock').where({ id: 1 }).increment('available', reservation.qty);
    },
  });
  const paymentParticipant = participant(payment, {
    authorize: async ({ trx, command: { payload, id }, decline }) => {
      if (payload.amount > 1_000) return decline('DECLINED', { reason: 'limit' });
      if (payload.amount === 666) throw new Error('the card network is down');
      await trx('payments').insert({ order_id: payload.orderId, amount: payload.amount });
      return { authId: id };
    },
    void: async ({ trx, command: { payload } }) => {
      await trx('payments').where({ order_id: payload.orderId }).delete();
    },
  });
  const engine = postgresEngine({
    database: knex,
    name: 'orders',
    sagas: [placeOrder],
    transport: broker.transport(),
    schema: 'orders_saga',
    pollIntervalMs: 20,
  });
  const participants = [inventoryParticipant, paymentParticipant].map((each) =>
    postgresParticipant({
      database: knex,
      participant: each,
      orchestrators: ['orders'],
      transport: broker.transport(),
      schema: `${each.name}_saga`,
    }),
  );
  await engine.migrate();
  for (const each of participants) await each.migrate();
  await engine.ensureTopics();
  for (const each of participants) await each.open();
  await engine.open();
  return {
    broker,
    knex,
    engine,
    participants,
    async close() {
      await engine.close();
      for (const each of participants) await each.close();
      await knex.destroy();
    },
  };
}
