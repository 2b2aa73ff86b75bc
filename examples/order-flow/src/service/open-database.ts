import knexPackage, { type Knex } from 'knex';

/** A pool of the service's own. Time limits stand on both sides, so that a lost connection cannot hold a lock for ever. */
export function openDatabase(url: string, { name, max = 10 }: { readonly name: string; readonly max?: number }): Knex {
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
  });
}
