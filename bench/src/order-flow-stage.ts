import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { PostgresServer } from '@backstitch/devkit';
import {
  checkInvariants,
  createShop,
  type MessagingServiceName,
  type PublishingServiceName,
  type ServiceName,
  serviceNames,
  startOrderFlow,
} from '@backstitch/example-order-flow';
import type { Transport } from '@backstitch/messaging';
import { postgresOutboxStore } from '@backstitch/outbox';
import { postgresDatabase } from '@backstitch/postgres';
import knexPackage, { type Knex } from 'knex';

/** The example's services in this process, with a connection to the broker each, and goods and customers enough. */
export interface OrderFlowStage {
  readonly databases: readonly string[];
  /** Starts one saga and waits for its output. Throws where it did not complete. */
  placeOrder(index: number): Promise<void>;
  /** Resolves when no message waits in any outbox, with how long that took in milliseconds. */
  drain(): Promise<number>;
  /** A sentence for each thing that is not as it must be. */
  drift(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** So many that orders rarely meet at one row: what is measured is the engine, not one product's row lock. */
const products = 500;
const customers = 500;
const messaging = ['orders', 'inventory', 'payments'] as const;
const publishing = [...messaging, 'products'] as const;
const priceMinor = 100;
const drainLookMs = 20;

export async function openOrderFlowStage(
  postgres: PostgresServer,
  transportFor: (service: PublishingServiceName) => Transport,
): Promise<OrderFlowStage> {
  const run = randomUUID().slice(0, 8);
  const names = serviceNames.map((name) => [name, `bench_${run}_${name}`] as const);
  const created = await Promise.all(
    names.map(async ([name, database]) => [name, await postgres.createDatabase(database)] as const),
  );
  const servers = Object.fromEntries(created) as Record<ServiceName, string>;
  const transports = publishing.map((name) => [name, transportFor(name)] as const);
  const byName = Object.fromEntries(transports) as Record<PublishingServiceName, Transport>;
  // A patience that no round exhausts: a command that is sent twice would be measured as one.
  const flow = await startOrderFlow({ servers, transportFor: (name) => byName[name], answerWithin: '60s' });
  const knexes = messaging.map((name) => [name, openKnex(servers[name])] as const);
  const looking = Object.fromEntries(knexes) as Record<MessagingServiceName, Knex>;
  await stock(createShop(() => flow.urls));
  const { engine, placeOrder } = flow.orders;
  return {
    databases: names.map(([, database]) => database),
    async placeOrder(index) {
      const items = [{ sku: `sku-${index % products}`, quantity: 1, unitPriceMinor: priceMinor }];
      const total = { amountMinor: priceMinor, currency: 'EUR' };
      const input = { orderId: randomUUID(), customerId: `customer-${(index * 7) % customers}`, items, total };
      const handle = await engine.start(placeOrder, { input });
      await handle.result({ timeout: '2m' });
    },
    drain: () => drained(Object.values(looking)),
    drift: async () => (await checkInvariants(looking)).drift,
    async stop() {
      await flow.stop();
      await Promise.all(transports.map(([, transport]) => transport.close()));
      await Promise.all(Object.values(looking).map((knex) => knex.destroy()));
      for (const [, database] of names) await postgres.dropDatabase(database);
    },
  };
}

function openKnex(url: string): Knex {
  return knexPackage({ client: 'pg', connection: url, pool: { min: 0, max: 1 } });
}

async function stock(shop: ReturnType<typeof createShop>): Promise<void> {
  for (let at = 0; at < products; at += 1) {
    await shop.offer({ sku: `sku-${at}`, name: `Product ${at}`, priceMinor, stock: 900_000 });
  }
  for (let at = 0; at < customers; at += 1) await shop.openAccount(`customer-${at}`, 1_000_000_000);
}

async function drained(databases: readonly Knex[]): Promise<number> {
  const beganMs = performance.now();
  const stores = databases.map((knex) => postgresOutboxStore({ database: postgresDatabase<Knex.Transaction>(knex) }));
  for (;;) {
    const counts = await Promise.all(stores.map((store) => store.counts()));
    const failed = counts.reduce((sum, each) => sum + each.failed, 0);
    if (failed > 0) throw new Error(`${failed} messages have FAILED`);
    if (counts.every(({ pending, retry }) => pending + retry === 0)) return performance.now() - beganMs;
    await pause(drainLookMs);
  }
}
