import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { cpus, loadavg, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type pg from 'pg';

/** What figures cannot be read without. */
export interface Environment {
  readonly commit: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly postgresSettings: Readonly<Record<string, string>>;
  /** Of the last minute, before anything was measured. More than a little says that the machine was not ours alone. */
  readonly loadBefore: number;
}

const clients = ['pg', 'knex', 'kafkajs'];
const settings = ['server_version', 'fsync', 'synchronous_commit', 'shared_buffers', 'wal_level', 'max_wal_size'];

export async function readEnvironment(client: pg.Client, kafkaKind: string): Promise<Environment> {
  const require = createRequire(import.meta.url);
  const version = (name: string): string => (require(`${name}/package.json`) as { version: string }).version;
  const { rows } = await client.query<{ name: string; setting: string }>(
    'select name, current_setting(name) as setting from pg_settings where name = any($1)',
    [settings],
  );
  return {
    commit: await gitCommit(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    versions: { ...Object.fromEntries(clients.map((name) => [name, version(name)])), kafka: kafkaKind },
    postgresSettings: Object.fromEntries(rows.map(({ name, setting }) => [name, setting])),
    loadBefore: round(loadavg()[0] ?? 0),
  };
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

async function gitCommit(): Promise<string> {
  const git = promisify(execFile);
  try {
    const { stdout } = await git('git', ['rev-parse', '--short', 'HEAD']);
    // Only what is measured: somebody's notes beside it do not change the figures.
    const { stdout: changed } = await git('git', [
      'status',
      '--porcelain',
      '--',
      ':/packages/*/src',
      ':/examples/*/src',
      ':/bench/src',
    ]);
    return `${stdout.trim()}${changed === '' ? '' : ' with changes'}`;
  } catch {
    return 'unknown';
  }
}
