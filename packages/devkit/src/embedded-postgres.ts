import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Probe } from './choose-ways.js';
import { execute } from './create-database.js';
import { freePort } from './free-port.js';
import { postgresBinaries, postgresPackage } from './postgres-binaries.js';
import { databasesOf } from './postgres-databases.js';
import type { PostgresServer } from './postgres-server.js';
import { publicTempFolder } from './public-temp-folder.js';
import { runCommand } from './run-command.js';
import { type RunAs, type ServerProcess, startProcess } from './server-process.js';
import { unprivilegedUser } from './unprivileged-user.js';
import { waitUntil } from './wait-until.js';
import { guard } from './watchdog.js';

export async function probeEmbeddedPostgres(): Promise<Probe> {
  return postgresPackage() === undefined
    ? { kind: 'closed', reason: `no embedded Postgres for ${process.platform} ${process.arch}` }
    : { kind: 'open' };
}

interface Cluster {
  readonly bin: string;
  readonly folder: string;
  readonly port: number;
  readonly url: string;
  readonly runAs: RunAs | undefined;
  /** `name=value`, beside those that all have. */
  readonly settings: readonly string[];
}

/** Real Postgres binaries from npm, as processes of our own: initdb, then postgres. */
export async function startEmbeddedPostgres(settings: readonly string[]): Promise<PostgresServer> {
  const bin = join(await postgresBinaries(), 'bin');
  const runAs = await unprivilegedUser();
  const folder = await mkdtemp(join(await publicTempFolder(), 'backstitch-postgres-'));
  const guarded = guard({ kind: 'folder', path: folder });
  const remove = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    guarded.release();
  };
  try {
    if (runAs !== undefined) await chown(folder, runAs.uid, runAs.gid);
    const password = randomBytes(12).toString('hex');
    await initialise({ bin, folder, runAs, password });
    const port = await freePort();
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
    const cluster: Cluster = { bin, folder, port, url, runAs, settings };
    return serverOf(cluster, await launch(cluster), remove);
  } catch (error) {
    await remove();
    throw error;
  }
}

function serverOf(cluster: Cluster, first: ServerProcess, remove: () => Promise<void>): PostgresServer {
  let running: ServerProcess | undefined = first;
  return {
    kind: 'embedded',
    url: cluster.url,
    ...databasesOf(cluster.url),
    stop: async () => {
      await running?.end('SIGINT');
      running = undefined;
      await remove();
    },
    // SIGQUIT and not SIGKILL: as abrupt for the clients and the data, but no shared memory stays behind.
    crash: async () => {
      await running?.end('SIGQUIT');
      running = undefined;
    },
    restart: async () => {
      running ??= await launch(cluster);
    },
  };
}

async function initialise(options: {
  bin: string;
  folder: string;
  runAs: RunAs | undefined;
  password: string;
}): Promise<void> {
  const { folder, runAs } = options;
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, options.password, { mode: 0o600 });
  if (runAs !== undefined) await chown(passwordFile, runAs.uid, runAs.gid);
  const args = [
    `--pgdata=${join(folder, 'data')}`,
    '--username=postgres',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    '--locale=C',
    // Only the files of an empty cluster; the server itself runs with fsync on.
    '--no-sync',
  ];
  await runCommand(executable(options.bin, 'initdb'), args, spawnOptions(folder, runAs));
  await rm(passwordFile);
}

async function launch(cluster: Cluster): Promise<ServerProcess> {
  const settings = [
    `port=${cluster.port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=300',
    'timezone=UTC',
    ...cluster.settings,
  ];
  const server = await startProcess({
    name: 'Postgres',
    file: executable(cluster.bin, 'postgres'),
    args: ['-D', join(cluster.folder, 'data'), ...settings.flatMap((setting) => ['-c', setting])],
    endSignal: 'SIGQUIT',
    ...spawnOptions(cluster.folder, cluster.runAs),
  });
  try {
    await waitUntil(() => execute(cluster.url, 'select 1'), { name: 'Postgres', within: 60_000, process: server });
    return server;
  } catch (error) {
    await server.end('SIGQUIT');
    throw error;
  }
}

/** The working folder is the cluster's own: the unprivileged user may not be allowed into the caller's. */
function spawnOptions(
  folder: string,
  runAs: RunAs | undefined,
): { cwd: string; env: NodeJS.ProcessEnv; runAs?: RunAs } {
  const env = { ...process.env, LC_ALL: 'C' };
  return { cwd: folder, env, ...(runAs === undefined ? {} : { runAs }) };
}

function executable(bin: string, name: string): string {
  return join(bin, process.platform === 'win32' ? `${name}.exe` : name);
}
