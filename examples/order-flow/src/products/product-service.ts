import { createRelay } from '@backstitch/outbox';
import { eventPublisher } from '../events/event-publisher.js';
import { createJsonServer } from '../http/json-server.js';
import type { MessagingServiceOptions } from '../service/messaging-service.js';
import type { Service } from '../service/service.js';
import { productRoutes } from './http-api.js';
import { openProductDatabase } from './product-database.js';

/** Knows names and prices, and tells of each change. It takes part in no saga: an outbox and its relay are all it needs of the library. */
export function createProductService({ databaseUrl, transport, logger, port = 0 }: MessagingServiceOptions): Service {
  const { knex, store, outbox, migrate } = openProductDatabase(databaseUrl, logger);
  const relay = createRelay({ store, transport, logger });
  const server = createJsonServer({ routes: productRoutes(knex, eventPublisher(outbox)), logger, port });
  return {
    async start() {
      await migrate();
      await transport.ensureTopics([{ topic: 'product.events' }]);
      relay.start();
      return { url: await server.start() };
    },
    async stop() {
      await server.stop();
      await relay.stop({ timeoutMs: 5_000 });
      await knex.destroy();
    },
  };
}
