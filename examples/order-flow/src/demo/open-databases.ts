import { randomBytes } from 'node:crypto';
import { type MysqlServer, type NoMysql, type PostgresServer, startMysql, startPostgres } from '@backstitch/devkit';
import { silentLogger } from '@backstitch/messaging';
import type { Knex } from 'knex';
import { openDatabase } from '../service/open-database.js';
import { openMysqlDatabase } from '../service/open-mysql-database.js';
import { type PublishingServiceName, type ServiceName, serviceNames } from '../service-names.js';
import type { CleanUp } from './clean-up.js';

export interface DemoDatabases {
  /** A connection string for each service. */
  readonly servers: Readonly<Record<ServiceName, string>>;
  readonly databases: Readonly<Record<PublishingServiceName, Knex>>;
}

/**
 * A Postgres and an empty database for each service, all gone after the demo. That of products is on MySQL or MariaDB, where this machine has
 * one: a service chooses its database for itself.
 */
export async function openDatabases(cleanUp: CleanUp, { quiet }: { readonly quiet: boolean }): Promise<DemoDatabases> {
  const [postgres, mysql] = await startServers(cleanUp, quiet);
  const run = randomBytes(4).toString('hex');
  const servers: Partial<Record<ServiceName, string>> = {};
  for (const name of serviceNames) {
    const database = `order_flow_${run}_${name}`;
    const server = name === 'products' && mysql.kind !== 'none' ? mysql : postgres;
    servers[name] = await server.createDatabase(database);
    // A server of our own takes its databases with it.
    if (server.kind === 'given') cleanUp.add(() => server.dropDatabase(database));
  }
  const open = (name: PublishingServiceName): Knex => {
    const url = servers[name] ?? '';
    const connect = url.startsWith('mysql:') ? openMysqlDatabase : openDatabase;
    const knex = connect(url, { name: 'demo', logger: silentLogger, max: 2 });
    cleanUp.add(() => knex.destroy());
    return knex;
  };
  const databases = {
    ...{ orders: open('orders'), inventory: open('inventory'), payments: open('payments') },
    products: open('products'),
  };
  return { servers: servers as Record<ServiceName, string>, databases };
}

/** Both at once. What has started is stopped, also where the other one could not be had. */
async function startServers(cleanUp: CleanUp, quiet: boolean): Promise<[PostgresServer, MysqlServer | NoMysql]> {
  const [mysql, postgres] = await Promise.allSettled([startSomeMysql(quiet), startServer(quiet)]);
  if (postgres.status === 'fulfilled') cleanUp.add(() => postgres.value.stop());
  if (mysql.status === 'fulfilled' && mysql.value.kind !== 'none') cleanUp.add(mysql.value.stop);
  if (postgres.status === 'rejected') throw postgres.reason;
  if (mysql.status === 'rejected') throw mysql.reason;
  return [postgres.value, mysql.value];
}

/** Nobody waits for a download, and nothing depends on it: without one, products lives on Postgres as the others do. */
async function startSomeMysql(quiet: boolean): Promise<MysqlServer | NoMysql> {
  const server = await startMysql({ quiet: true, search: 'at hand' });
  if (quiet) return server;
  const why = server.kind === 'none' ? server.tried.find(({ way }) => way === 'embedded')?.reason : undefined;
  const line =
    server.kind === 'none'
      ? `products lives on Postgres, as the others do: ${why}`
      : `products lives on ${server.version} (${server.kind}), the others on Postgres`;
  process.stderr.write(`demo: ${line}\n`);
  return server;
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
