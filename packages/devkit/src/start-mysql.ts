import { describeTried } from './choose-ways.js';
import { DevkitError } from './devkit-error.js';
import { startDockerMysql } from './docker-mysql.js';
import { probeEmbeddedMysql, startEmbeddedMysql } from './embedded-mysql.js';
import { mysqlDatabasesOf, mysqlVersion } from './mysql-databases.js';
import type { MysqlServer, NoMysql } from './mysql-server.js';
import { say } from './say.js';
import { tryWays } from './try-ways.js';
import { waitUntil } from './wait-until.js';

export interface StartMysqlOptions {
  /** Says nothing about the choice. */
  readonly quiet?: boolean;
  /** `at hand`: only `MYSQL_URL` and what is on this machine already; nobody waits for a container or a download. Default `everywhere`. */
  readonly search?: 'everywhere' | 'at hand';
}

/** A MySQL or MariaDB from the environment, a container or programs of this machine, in this order, or the reasons why there is none. */
export async function startMysql(options: StartMysqlOptions = {}): Promise<MysqlServer | NoMysql> {
  const url = process.env['MYSQL_URL'] ?? '';
  const isAtHand = options.search === 'at hand';
  const said = process.env['BACKSTITCH_SERVERS'] ?? '';
  const forced = isAtHand && said === '' ? (url === '' ? 'embedded' : 'env') : said;
  const outcome = await tryWays<MysqlServer>(
    {
      env: {
        probe: url === '' ? { kind: 'closed', reason: 'no MYSQL_URL' } : { kind: 'open' },
        start: async () => givenMysql(url),
      },
      docker: { start: startDockerMysql },
      embedded: { probe: () => probeEmbeddedMysql(isAtHand ? 'never' : undefined), start: startEmbeddedMysql },
    },
    { ...process.env, BACKSTITCH_SERVERS: forced },
  );
  const tried = describeTried(outcome.tried);
  if (outcome.kind === 'none') {
    if (process.env['BACKSTITCH_REQUIRE_MYSQL'] === '1') {
      throw new DevkitError('DEVKIT_NO_MYSQL', `MySQL or MariaDB is required here, and there is none: ${tried}.`);
    }
    if (options.quiet !== true) say(`no MySQL (${tried})`);
    return { kind: 'none', tried: outcome.tried };
  }
  if (options.quiet !== true) {
    const { kind, version, url: at } = outcome.server;
    say(`MySQL ${version} ${kind} at ${new URL(at).host} (${outcome.way === 'env' ? 'MYSQL_URL' : tried})`);
  }
  return outcome.server;
}

async function givenMysql(url: string): Promise<MysqlServer> {
  let version = '';
  const ask = async (): Promise<void> => {
    version = await mysqlVersion(url);
  };
  await waitUntil(ask, { name: 'The MySQL of MYSQL_URL', within: 15_000 });
  return { kind: 'given', url, version, ...mysqlDatabasesOf(url), stop: async () => undefined };
}
