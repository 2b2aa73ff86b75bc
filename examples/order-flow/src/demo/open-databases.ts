import { randomBytes } from 'node:crypto';
import { type PostgresServer, startPostgres } from '@backstitch/devkit';
import { silentLogger } from '@backstitch/messaging';
import type { Knex } from 'knex';
import { openDatabase } from '../service/open-database.js';
import { type MessagingServiceName, type ServiceName, serviceNames } from '../service-names.js';
import type { CleanUp } from './clean-up.js';

export interface DemoDatabases {
  /** A connection string for each service. */
  readonly servers: Readonly<Record<ServiceName, string>>;
  readonly databases: Readonly<Record<MessagingServiceName, Knex>>;
}

/** A Postgres and five empty databases on it, all gone after the demo. */
export async function openDatabases(cleanUp: CleanUp, { quiet }: { readonly quiet: boolean }): Promise<DemoDatabases> {
  const postgres = await startServer(quiet);
  cleanUp.add(() => postgres.stop());
  const run = randomBytes(4).toString('hex');
  const servers: Partial<Record<ServiceName, string>> = {};
  for (const name of serviceNames) {
    const database = `order_flow_${run}_${name}`;
    servers[name] = await postgres.createDatabase(database);
    // A server of our own takes its databases with it.
    if (postgres.kind === 'given') cleanUp.add(() => postgres.dropDatabase(database));
  }
  const open = (name: MessagingServiceName): Knex => {
    const knex = openDatabase(servers[name] ?? '', { name: 'demo', logger: silentLogger, max: 2 });
    cleanUp.add(() => knex.destroy());
    return knex;
  };
  const databases = { orders: open('orders'), inventory: open('inventory'), payments: open('payments') };
  return { servers: servers as Record<ServiceName, string>, databases };
}

/** Embedded, unless somebody says otherwise: the demo must not depend on whether a Docker engine is there and has images. */
async function startServer(quiet: boolean): Promise<PostgresServer> {
  const said = process.env['BACKSTITCH_SERVERS'] ?? '';
  if (said !== '' || (process.env['DATABASE_URL'] ?? '') !== '') return startPostgres({ quiet });
  process.env['BACKSTITCH_SERVERS'] = 'embedded';
  try {
    return await startPostgres({ quiet });
  } finally {
    delete process.env['BACKSTITCH_SERVERS'];
  }
}
