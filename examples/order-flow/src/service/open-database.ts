import type { Logger } from '@backstitch/messaging';
import knexPackage, { type Knex } from 'knex';

export interface OpenDatabaseOptions {
  /** What Postgres shows as the application's name. */
  readonly name: string;
  readonly logger: Logger;
  /** Most connections. Default 10. */
  readonly max?: number;
}

/** A pool of the service's own. Time limits stand on both sides, so that a lost connection cannot hold a lock for ever. */
export function openDatabase(url: string, { name, logger, max = 10 }: OpenDatabaseOptions): Knex {
  return knexPackage({
    client: 'pg',
    connection: {
      connectionString: url,
      application_name: name,
      query_timeout: 30_000,
      idle_in_transaction_session_timeout: 30_000,
      keepAlive: true,
    },
    pool: { min: 0, max },
    // knex itself would write to standard output, which belongs to the program's result.
    log: {
      error: (said) => logger.error({ said }, 'knex'),
      warn: (said) => logger.warn({ said }, 'knex'),
      deprecate: (said) => logger.warn({ said }, 'knex'),
      debug: (said) => logger.debug({ said }, 'knex'),
    },
  });
}
