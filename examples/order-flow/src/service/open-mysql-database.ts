import knexPackage, { type Knex } from 'knex';
import type { OpenDatabaseOptions } from './open-database.js';

/** A pool on MySQL or MariaDB. */
export function openMysqlDatabase(url: string, { logger, max = 10 }: OpenDatabaseOptions): Knex {
  return knexPackage({
    client: 'mysql2',
    connection: url,
    pool: { min: 0, max },
    log: {
      error: (said) => logger.error({ said }, 'knex'),
      warn: (said) => logger.warn({ said }, 'knex'),
      deprecate: (said) => logger.warn({ said }, 'knex'),
      debug: (said) => logger.debug({ said }, 'knex'),
    },
  });
}
