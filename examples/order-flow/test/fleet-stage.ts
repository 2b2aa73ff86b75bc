import { randomBytes } from 'node:crypto';
import { kafkaBrokers, testDatabase } from '@backstitch/devkit/testing';
import knexPackage, { type Knex } from 'knex';
import { expect } from 'vitest';
import {
  checkInvariants,
  createServiceFleet,
  createShop,
  type ServiceFleet,
  type ServiceName,
  type Shop,
  serviceNames,
} from '../src/index.js';

/** All five services as processes of their own, on the run's Postgres and a real broker. */
export interface FleetStage {
  readonly fleet: ServiceFleet;
  readonly shop: Shop;
  readonly databases: Readonly<Record<ServiceName, Knex>>;
  /** Waits until the order has this status, or fails showing the one that it has. */
  becomes(orderId: string, status: 'CONFIRMED' | 'CANCELLED'): Promise<void>;
  everyOrderSettles(): Promise<void>;
  sagaStatus(orderId: string): Promise<string>;
  /** Waits until everything has come to rest; then every invariant has to hold. */
  invariantsHold(): Promise<void>;
  close(): Promise<void>;
}

export interface FleetStageOptions {
  readonly answerWithin: string;
  /** Default: the run's. */
  readonly brokers?: readonly string[];
}

/** Generous: two cores may be shared with other test runs. What is waited for is a row, not the time. */
export const patience = { timeout: 60_000, interval: 100 } as const;

export async function fleetStage({ answerWithin, brokers }: FleetStageOptions): Promise<FleetStage> {
  const created = await Promise.all(serviceNames.map(async (name) => [name, await testDatabase()] as const));
  const connect = (url: string): Knex => knexPackage({ client: 'pg', connection: url, pool: { min: 0, max: 2 } });
  const databases = Object.fromEntries(created.map(([name, { url }]) => [name, connect(url)])) as unknown as Record<
    ServiceName,
    Knex
  >;
  const fleet = createServiceFleet({
    driver: 'kafkajs',
    built: new URL('../dist/', import.meta.url),
    servers: Object.fromEntries(created.map(([name, { url }]) => [name, url])) as Record<ServiceName, string>,
    brokers: brokers ?? kafkaBrokers() ?? [],
    topicPrefix: `e2e-${randomBytes(4).toString('hex')}.`,
    answerWithin,
    logLevel: process.env['LOG_LEVEL'] ?? 'silent',
    signal: new AbortController().signal,
  });
  const close = async (): Promise<void> => {
    await fleet.stopAll();
    await Promise.all(Object.values(databases).map((knex) => knex.destroy()));
    await Promise.all(created.map(([, database]) => database.drop()));
  };
  const statusOf = async (orderId: string): Promise<string> => {
    const row = await databases.orders('orders').where({ id: orderId }).first<{ status: string }>('status');
    return row.status;
  };
  const shop = createShop(fleet.urls);
  try {
    await fleet.startAll();
    await shop.offer({ sku: 'lamp', name: 'Lamp', priceMinor: 2_100, stock: 500 });
    await shop.offer({ sku: 'globe', name: 'Globe', priceMinor: 9_900, stock: 1 });
    await shop.openAccount('ada', 1_000_000);
    await shop.openAccount('poor', 100);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    fleet,
    shop,
    databases,
    close,
    becomes: (orderId, status) => expect.poll(() => statusOf(orderId), patience).toBe(status),
    everyOrderSettles: () =>
      expect
        .poll(
          () => databases.orders('orders').where({ status: 'PENDING' }).count('* as count').first<{ count: string }>(),
          patience,
        )
        .toEqual({ count: '0' }),
    async sagaStatus(orderId) {
      const row = await databases
        .orders('backstitch.saga_instances')
        .where({ start_key: orderId })
        .first<{ status: string }>('status');
      return row.status;
    },
    invariantsHold: () => expect.poll(async () => (await checkInvariants(databases)).drift, patience).toEqual([]),
  };
}
