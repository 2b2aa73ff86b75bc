import { describeTried } from './choose-ways.js';
import { execute, setting } from './create-database.js';
import { DevkitError } from './devkit-error.js';
import { startDockerPostgres } from './docker-postgres.js';
import { probeEmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import type { PostgresServer } from './postgres-server.js';
import { databasesOf } from './postgres-databases.js';
import { say } from './say.js';
import { tryWays } from './try-ways.js';
import { waitUntil } from './wait-until.js';

export interface StartPostgresOptions {
  /** Says nothing about the choice. */
  readonly quiet?: boolean;
  /** For logical decoding. Not for all: it makes each update dearer in the log. */
  readonly walLevel?: 'logical';
}

/** A Postgres from the environment, a container or npm, in this order; `BACKSTITCH_SERVERS` forces one. */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<PostgresServer> {
  const url = process.env['DATABASE_URL'] ?? '';
  const settings = options.walLevel === undefined ? [] : [`wal_level=${options.walLevel}`];
  const outcome = await tryWays<PostgresServer>(
    {
      env: {
        probe: url === '' ? { kind: 'closed', reason: 'no DATABASE_URL' } : { kind: 'open' },
        start: async () => givenPostgres(url, options.walLevel),
      },
      docker: { start: () => startDockerPostgres(settings) },
      embedded: { probe: probeEmbeddedPostgres, start: () => startEmbeddedPostgres(settings) },
    },
    process.env,
  );
  if (outcome.kind === 'none') {
    throw new DevkitError('DEVKIT_NO_POSTGRES', `There is no Postgres to be had: ${describeTried(outcome.tried)}.`);
  }
  if (options.quiet !== true) {
    const { hostname, port } = new URL(outcome.server.url);
    const why = outcome.way === 'env' ? 'DATABASE_URL' : describeTried(outcome.tried);
    say(`Postgres ${outcome.server.kind} at ${hostname}:${port === '' ? 5432 : port} (${why})`);
  }
  return outcome.server;
}

async function givenPostgres(url: string, walLevel: StartPostgresOptions['walLevel']): Promise<PostgresServer> {
  await waitUntil(() => execute(url, 'select 1'), { name: 'The Postgres of DATABASE_URL', within: 10_000 });
  if (walLevel !== undefined && (await setting(url, 'wal_level')) !== walLevel) {
    throw new DevkitError('DEVKIT_NO_POSTGRES', `The Postgres of DATABASE_URL has no wal_level ${walLevel}.`);
  }
  return { kind: 'given', url, ...databasesOf(url), stop: async () => undefined };
}
