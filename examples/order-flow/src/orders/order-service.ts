import { createIdempotency, idempotencyMigrations } from '@backstitch/idempotency';
import { migrate, postgresDatabase } from '@backstitch/postgres';
import type { Duration, SagaEngine } from '@backstitch/saga-core';
import { postgresEngine } from '@backstitch/saga-core/postgres';
import type { Knex } from 'knex';
import { createEventPublisher } from '../events/event-publisher.js';
import { createJsonServer } from '../http/json-server.js';
import type { MessagingServiceOptions } from '../service/messaging-service.js';
import { migrateService } from '../service/migrate-service.js';
import { openDatabase } from '../service/open-database.js';
import type { Service } from '../service/service.js';
import { orderRoutes } from './http-api.js';
import { orderMigrations } from './migrations/0001-orders.js';
import { createOrderBook } from './order-book.js';
import { type PlaceOrder, placeOrderSaga } from './order-saga.js';
import type { QuoteSources } from './quote-cart.js';

export interface OrderServiceOptions extends MessagingServiceOptions {
  readonly sources: QuoteSources;
  /** How long one attempt of a participant may take. Default 5s. */
  readonly answerWithin?: Duration;
}

export interface OrderService extends Service {
  /** For programs that place orders without HTTP. */
  readonly engine: SagaEngine<Knex.Transaction>;
  readonly placeOrder: PlaceOrder;
  readonly knex: Knex;
}

/** Takes orders and drives each through its saga. */
export function createOrderService(options: OrderServiceOptions): OrderService {
  const { transport, logger, sources, answerWithin = '5s' } = options;
  const knex = openDatabase(options.databaseUrl, { name: 'orders', logger, max: 16 });
  const database = postgresDatabase<Knex.Transaction>(knex, { preparedStatements: true });
  const placeOrder = placeOrderSaga(createOrderBook(createEventPublisher(knex, '/orders')), { answerWithin });
  const engine = postgresEngine<Knex.Transaction>({
    database: knex,
    name: 'orders',
    sagas: [placeOrder],
    transport,
    logger,
    pollIntervalMs: 200,
    // No pooler stands between these services and Postgres.
    preparedStatements: true,
  });
  const routes = orderRoutes({
    knex,
    database,
    engine,
    idempotency: createIdempotency({ database }),
    placeOrder,
    sources,
  });
  const server = createJsonServer({ routes, logger, port: options.port ?? 0 });
  return {
    engine,
    placeOrder,
    knex,
    async start() {
      await migrateService(knex, orderMigrations);
      await engine.migrate();
      await migrate(database, idempotencyMigrations);
      await transport.ensureTopics([{ topic: 'order.events' }]);
      await engine.ensureTopics();
      await engine.open();
      return { url: await server.start() };
    },
    async stop() {
      await server.stop();
      await engine.close({ timeoutMs: 5_000 });
      await knex.destroy();
    },
  };
}
