import { randomBytes } from 'node:crypto';
import { execute } from './create-database.js';
import { startContainer } from './docker-container.js';
import { databasesOf } from './postgres-databases.js';
import type { PostgresServer } from './postgres-server.js';
import { waitUntil } from './wait-until.js';

/** A Postgres container. The image must understand `POSTGRES_PASSWORD` and `postgres -c …`, as the official one does. */
export async function startDockerPostgres(settings: readonly string[]): Promise<PostgresServer> {
  const password = randomBytes(12).toString('hex');
  const container = await startContainer({
    image: process.env['BACKSTITCH_POSTGRES_IMAGE'] ?? 'postgres:18-alpine',
    port: 5432,
    command: ['postgres', ...['max_connections=300', ...settings].flatMap((setting) => ['-c', setting])],
    environment: () => ({ POSTGRES_PASSWORD: password }),
  });
  const url = `postgres://postgres:${password}@${container.host}:${container.port}/postgres`;
  const ready = async (): Promise<void> =>
    waitUntil(() => execute(url, 'select 1'), { name: 'Postgres in Docker', within: 60_000 });
  try {
    await ready();
  } catch (error) {
    await container.remove();
    throw error;
  }
  return {
    kind: 'docker',
    url,
    ...databasesOf(url),
    stop: () => container.remove(),
    crash: () => container.kill(),
    restart: async () => {
      await container.start();
      await ready();
    },
  };
}
