import { type PostgresServer, startPostgres } from '@backstitch/devkit';
import createKnex, { type Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OrderServices, openOrderServices, placeOrder } from './order-fixture.js';

let server: PostgresServer;
let services: OrderServices;
let admin: Knex;

beforeEach(async () => {
  server = await startPostgres();
  const url = await server.createDatabase();
  admin = createKnex({ client: 'pg', connection: server.url, pool: { min: 0, max: 1 } });
  services = await openOrderServices(url);
  await services.knex('stock').update({ available: 100_000 });
});
afterEach(async () => {
  await services.close();
  await admin.destroy();
  await server.stop();
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Starts an order, again under the same key as long as nobody says that it has begun. */
async function start(index: number): Promise<string> {
  const amount = index % 5 === 0 ? 5_000 : 100;
  for (;;) {
    try {
      const input = { orderId: `o-${index}`, qty: 1, amount };
      return (await services.engine.start(placeOrder, { input, idempotencyKey: `k-${index}` })).id;
    } catch {
      await turn();
    }
  }
}

async function settled(ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    for (;;) {
      const view = await services.engine.find(id).catch(() => undefined);
      if (view?.status === 'completed' || view?.status === 'compensated') break;
      if (view?.status === 'parked') throw new Error(JSON.stringify(view.parked));
      await turn();
    }
  }
}

const count = async (): Promise<number> => Number((await services.knex('orders').count('* as n').first())?.n);

async function nothingDoubled(howMany: number): Promise<void> {
  const { knex } = services;
  const confirmed = await knex('orders').where({ status: 'CONFIRMED' }).select('id');
  const orders = await knex('orders').select('id');
  expect(orders).toHaveLength(howMany);
  const ids = confirmed.map(({ id }) => id).sort();
  expect((await knex('reservations').select('order_id')).map(({ order_id }) => order_id).sort()).toEqual(ids);
  expect((await knex('payments').select('order_id')).map(({ order_id }) => order_id).sort()).toEqual(ids);
  expect((await knex('stock').first()).available).toBe(100_000 - ids.length);
  expect(await knex.withSchema('orders_saga').from('saga_quarantine').select('*')).toEqual([]);
}

describe('a hundred orders', () => {
  it('are settled once each while connections are killed under them', async () => {
    const starting = Promise.all(Array.from({ length: 100 }, (_, index) => start(index)));
    for (let round = 0; round < 60; round += 1) {
      await admin.raw(
        `select pg_terminate_backend(pid), pg_sleep(0.005) from pg_stat_activity
          where datname <> current_database() and backend_type = 'client backend' and random() < 0.2`,
      );
    }
    await settled(await starting);
    await nothingDoubled(100);
  });

  it('are settled once each while Postgres crashes twice', async () => {
    const starting = Promise.all(Array.from({ length: 100 }, (_, index) => start(index)));
    for (const started of [20, 60]) {
      while ((await count().catch(() => 0)) < started) await turn();
      await server.crash?.();
      await server.restart?.();
    }
    await settled(await starting);
    await nothingDoubled(100);
  });
});
