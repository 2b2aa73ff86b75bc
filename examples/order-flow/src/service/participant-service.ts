import type { MigrationComponent } from '@backstitch/postgres';
import type { Participant } from '@backstitch/saga-core/participant';
import { postgresParticipant } from '@backstitch/saga-core/postgres';
import type { Knex } from 'knex';
import { createEventPublisher, type EventPublisher } from '../events/event-publisher.js';
import { createJsonServer } from '../http/json-server.js';
import type { Route } from '../http/route.js';
import type { MessagingServiceOptions } from './messaging-service.js';
import { migrateService } from './migrate-service.js';
import { openDatabase } from './open-database.js';
import type { Service } from './service.js';

/** What makes one participant different from the other. */
export interface ParticipantParts {
  readonly name: string;
  readonly migrations: MigrationComponent;
  readonly eventTopic: string;
  readonly participant: (events: EventPublisher) => Participant;
  readonly routes: (knex: Knex) => readonly Route[];
}

/** A service that is commanded by the order service: fence, handlers, outbox and relay on its own database. */
export function createParticipantService(parts: ParticipantParts, options: MessagingServiceOptions): Service {
  const { transport, logger } = options;
  const knex = openDatabase(options.databaseUrl, { name: parts.name, logger });
  const runner = postgresParticipant<Knex.Transaction>({
    database: knex,
    participant: parts.participant(createEventPublisher(knex, `/${parts.name}`)),
    orchestrators: ['orders'],
    transport,
    logger,
    preparedStatements: true,
  });
  const server = createJsonServer({ routes: parts.routes(knex), logger, port: options.port ?? 0 });
  return {
    async start() {
      await migrateService(knex, parts.migrations);
      await runner.migrate();
      await transport.ensureTopics([{ topic: parts.eventTopic }]);
      await runner.ensureTopics();
      await runner.open();
      return { url: await server.start() };
    },
    async stop() {
      await server.stop();
      await runner.close({ timeoutMs: 5_000 });
      await knex.destroy();
    },
  };
}
