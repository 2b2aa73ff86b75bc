import { randomBytes } from 'node:crypto';
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Probe } from './choose-ways.js';
import { freePort } from './free-port.js';
import { type MysqlBinaries, mysqlBinaries, shareFolder, whyNoMysql } from './mysql-binaries.js';
import { mysqlDatabasesOf, mysqlVersion } from './mysql-databases.js';
import type { MysqlServer } from './mysql-server.js';
import { publicTempFolder } from './public-temp-folder.js';
import { runCommand } from './run-command.js';
import { type RunAs, type ServerProcess, startProcess } from './server-process.js';
import { unprivilegedUser } from './unprivileged-user.js';
import { waitUntil } from './wait-until.js';
import { guard } from './watchdog.js';

export async function probeEmbeddedMysql(download?: 'never'): Promise<Probe> {
  const reason = await whyNoMysql(download);
  return reason === null ? { kind: 'open' } : { kind: 'closed', reason };
}

interface Place {
  readonly binaries: MysqlBinaries;
  readonly folder: string;
  readonly runAs: RunAs | undefined;
}

/** A server process of our own, from a program of this machine or from Debian's packages. */
export async function startEmbeddedMysql(): Promise<MysqlServer> {
  const binaries = await mysqlBinaries();
  const runAs = await unprivilegedUser();
  const folder = await mkdtemp(join(await publicTempFolder(), 'backstitch-mysql-'));
  const guarded = guard({ kind: 'folder', path: folder });
  const remove = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    guarded.release();
  };
  let server: ServerProcess | undefined;
  try {
    const place: Place = { binaries, folder, runAs };
    const password = randomBytes(12).toString('hex');
    await initialise(place, password);
    const port = await freePort();
    server = await launch(place, port);
    const url = `mysql://backstitch:${password}@127.0.0.1:${port}/`;
    let version = '';
    const ask = async (): Promise<void> => {
      version = await mysqlVersion(url);
    };
    await waitUntil(ask, { name: binaries.kind, within: 90_000, process: server });
    const running = server;
    const stop = async (): Promise<void> => {
      // Nobody needs the data afterwards.
      await running.end('SIGKILL');
      await remove();
    };
    return { kind: 'embedded', url, version, ...mysqlDatabasesOf(url), stop };
  } catch (error) {
    await server?.end('SIGKILL');
    await remove();
    throw error;
  }
}

async function initialise({ binaries, folder, runAs }: Place, password: string): Promise<void> {
  const data = join(folder, 'data');
  await mkdir(data);
  const init = [
    `create user if not exists 'backstitch'@'%' identified by '${password}';`,
    `grant all privileges on *.* to 'backstitch'@'%' with grant option;`,
  ];
  await writeFile(join(folder, 'init.sql'), `${init.join('\n')}\n`);
  if (runAs !== undefined)
    for (const path of [folder, data, join(folder, 'init.sql')]) await chown(path, runAs.uid, runAs.gid);
  const args = ['--no-defaults', `--datadir=${data}`];
  if (binaries.kind === 'mysql') {
    await runCommand(binaries.server, [...args, '--initialize-insecure'], spawnOptions(binaries, folder, runAs));
    return;
  }
  const share = shareFolder(binaries.server);
  const names = ['mysql_system_tables.sql', 'mysql_performance_tables.sql', 'mysql_system_tables_data.sql'];
  const texts = await Promise.all(names.map((name) => readFile(join(share, name), 'utf8')));
  await runCommand(
    binaries.server,
    [...args, '--bootstrap', `--lc-messages-dir=${join(share, 'english')}`, '--skip-log-bin'],
    {
      ...spawnOptions(binaries, folder, runAs),
      // What is bootstrapped reads a statement a line.
      input: `create database mysql;\nuse mysql;\n${texts.join('\n')}`,
    },
  );
}

async function launch({ binaries, folder, runAs }: Place, port: number): Promise<ServerProcess> {
  const data = join(folder, 'data');
  const settings = [
    `--datadir=${data}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--socket=${join(folder, 's')}`,
    `--pid-file=${join(folder, 'pid')}`,
    `--init-file=${join(folder, 'init.sql')}`,
    '--skip-name-resolve',
    '--max-connections=300',
    // As durable as in life: what is committed is on the disk.
    '--innodb-flush-log-at-trx-commit=1',
    ...(binaries.kind === 'mysql'
      ? ['--mysqlx=OFF']
      : [`--lc-messages-dir=${join(shareFolder(binaries.server), 'english')}`]),
  ];
  return startProcess({
    name: binaries.kind,
    file: binaries.server,
    args: ['--no-defaults', ...settings],
    endSignal: 'SIGKILL',
    ...spawnOptions(binaries, folder, runAs),
  });
}

function spawnOptions(
  { libraryPath }: MysqlBinaries,
  folder: string,
  runAs: RunAs | undefined,
): { cwd: string; env: NodeJS.ProcessEnv; runAs?: RunAs } {
  const env = { ...process.env, LC_ALL: 'C', ...(libraryPath === undefined ? {} : { LD_LIBRARY_PATH: libraryPath }) };
  return { cwd: folder, env, ...(runAs === undefined ? {} : { runAs }) };
}
