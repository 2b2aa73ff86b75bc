import type { Logger } from '@backstitch/messaging';
import type { MigrationComponent } from '@backstitch/postgres';
import type { Knex } from 'knex';
import { createJsonServer } from '../http/json-server.js';
import type { Route } from '../http/route.js';
import { migrateService } from './migrate-service.js';
import { openDatabase } from './open-database.js';
import type { Service } from './service.js';

export interface HttpServiceOptions {
  readonly databaseUrl: string;
  readonly logger: Logger;
  /** Default 0: any free port. */
  readonly port?: number;
}

/** A service that is only asked over HTTP: it knows neither sagas nor the broker. */
export function createHttpService(
  {
    name,
    migrations,
    routes,
  }: {
    readonly name: string;
    readonly migrations: MigrationComponent;
    readonly routes: (knex: Knex) => readonly Route[];
  },
  { databaseUrl, logger, port = 0 }: HttpServiceOptions,
): Service {
  const knex = openDatabase(databaseUrl, { name, logger });
  const server = createJsonServer({ routes: routes(knex), logger, port });
  return {
    async start() {
      await migrateService(knex, migrations);
      return { url: await server.start() };
    },
    async stop() {
      await server.stop();
      await knex.destroy();
    },
  };
}
