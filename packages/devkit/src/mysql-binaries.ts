import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { debianMariadb } from './debian-mariadb.js';
import { runCommand } from './run-command.js';

/** A server program that can be started here, and where its messages and system tables lie. */
export interface MysqlBinaries {
  readonly server: string;
  readonly kind: 'mariadb' | 'mysql';
  /** Libraries that are not the system's. */
  readonly libraryPath: string | undefined;
}

/** A server of this machine, or MariaDB from Debian's packages. Throws where there is neither. */
export async function mysqlBinaries(): Promise<MysqlBinaries> {
  const local = await localMysql();
  if (local !== undefined) return local;
  const { server, libraryPath } = await debianMariadb.install();
  return { server, kind: 'mariadb', libraryPath };
}

/** Answers why there is nothing to be started, or null where there is. */
export async function whyNoMysql(download?: 'never'): Promise<string | null> {
  if ((await localMysql()) !== undefined) return null;
  return debianMariadb.whyNot(download);
}

async function localMysql(): Promise<MysqlBinaries | undefined> {
  const path = (process.env['PATH'] ?? '').split(':').filter((folder) => folder !== '');
  // Debian puts servers where only root's path looks: beside the programs.
  const folders = path.flatMap((folder) => [folder, folder.replace(/\/bin$/, '/sbin')]);
  for (const name of ['mariadbd', 'mysqld']) {
    const server = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
    if (server === undefined) continue;
    const version = await runCommand(server, ['--no-defaults', '--version'], { cwd: '/' }).catch(() => '');
    if (isNewEnough(version)) {
      const kind = /mariadb/i.test(version) ? 'mariadb' : 'mysql';
      return { server, kind, libraryPath: undefined };
    }
  }
  return undefined;
}

/** `skip locked` came with MySQL 8.0.1 and MariaDB 10.6. */
export function isNewEnough(version: string): boolean {
  const [, major = 0, minor = 0] = (/Ver (\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  return /mariadb/i.test(version) ? major > 10 || (major === 10 && minor >= 6) : major >= 8;
}

/** Where `errmsg.sys` and the SQL of the system tables lie, beside the program. */
export function shareFolder(server: string): string {
  const root = dirname(dirname(server));
  const folders = ['share/mariadb', 'share/mysql', 'share'].map((name) => join(root, name));
  return folders.find((folder) => existsSync(join(folder, 'mysql_system_tables.sql'))) ?? join(root, 'share/mysql');
}
