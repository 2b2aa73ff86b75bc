import { randomBytes } from 'node:crypto';
import { startContainer } from './docker-container.js';
import { mysqlDatabasesOf, mysqlVersion } from './mysql-databases.js';
import type { MysqlServer } from './mysql-server.js';
import { waitUntil } from './wait-until.js';

/** A MySQL or MariaDB container. The image must understand `MYSQL_ROOT_PASSWORD`, as the official ones of both do. */
export async function startDockerMysql(): Promise<MysqlServer> {
  const password = randomBytes(12).toString('hex');
  const container = await startContainer({
    image: process.env['BACKSTITCH_MYSQL_IMAGE'] ?? 'mysql:8.4',
    port: 3306,
    environment: () => ({ MYSQL_ROOT_PASSWORD: password, MYSQL_ROOT_HOST: '%' }),
  });
  const host = container.host === 'localhost' ? '127.0.0.1' : container.host;
  const url = `mysql://root:${password}@${host}:${container.port}/`;
  try {
    let version = '';
    // The image starts the server twice: the first one, which makes the user, listens on no port.
    const ask = async (): Promise<void> => {
      version = await mysqlVersion(url);
    };
    await waitUntil(ask, { name: 'MySQL in Docker', within: 120_000 });
    return { kind: 'docker', url, version, ...mysqlDatabasesOf(url), stop: () => container.remove() };
  } catch (error) {
    await container.remove();
    throw error;
  }
}
