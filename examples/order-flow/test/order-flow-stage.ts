import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import { createInMemoryBroker, type InMemoryBroker } from '@backstitch/messaging/testing';
import knexPackage, { type Knex } from 'knex';
import {
  checkInvariants,
  createShop,
  type InvariantReport,
  type OrderFlow,
  type ServiceName,
  type Shop,
  serviceNames,
  startOrderFlow,
} from '../src/index.js';

/** All five services in this process, on real databases and an in-memory broker. */
export interface OrderFlowStage {
  readonly flow: OrderFlow;
  readonly shop: Shop;
  readonly broker: InMemoryBroker;
  readonly databases: Readonly<Record<ServiceName, Knex>>;
  check(): Promise<InvariantReport>;
  close(): Promise<void>;
}

export interface OrderFlowStageOptions {
  /** Where products lives. Default: on Postgres, as the others. */
  readonly products?: TestDatabase;
}

export async function orderFlowStage({ products }: OrderFlowStageOptions = {}): Promise<OrderFlowStage> {
  const databaseOf = async (name: ServiceName): Promise<TestDatabase> =>
    (name === 'products' ? products : undefined) ?? testDatabase();
  const created = await Promise.all(serviceNames.map(async (name) => [name, await databaseOf(name)] as const));
  const servers = Object.fromEntries(created.map(([name, { url }]) => [name, url])) as Record<ServiceName, string>;
  const databases = Object.fromEntries(
    created.map(([name, { url }]) => {
      const client = url.startsWith('mysql:') ? 'mysql2' : 'pg';
      return [name, knexPackage({ client, connection: url, pool: { min: 0, max: 2 } })];
    }),
  ) as unknown as Record<ServiceName, Knex>;
  const broker = createInMemoryBroker();
  const transports = new Map(serviceNames.map((name) => [name, broker.transport()]));
  const flow = await startOrderFlow({
    servers,
    transportFor: (name) => transports.get(name) ?? broker.transport(),
    answerWithin: '2s',
  });
  return {
    flow,
    broker,
    databases,
    shop: createShop(() => flow.urls),
    check: () => checkInvariants(databases),
    async close() {
      await flow.stop();
      await Promise.all([...transports.values()].map((transport) => transport.close()));
      await Promise.all(Object.values(databases).map((knex) => knex.destroy()));
      await Promise.all(created.map(([, database]) => database.drop()));
    },
  };
}
