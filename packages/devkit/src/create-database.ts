import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface CreateDatabaseOptions {
  readonly name?: string;
}

/** Creates an empty database on the server behind `url` and gives back the url of the new one. */
export async function createDatabase(url: string, options: CreateDatabaseOptions = {}): Promise<string> {
  const name = options.name ?? `test_${randomBytes(8).toString('hex')}`;
  await execute(url, `create database ${quoted(name)}`);
  const created = new URL(url);
  created.pathname = `/${encodeURIComponent(name)}`;
  return created.href;
}

/** Drops a database even when a test has left connections behind. */
export async function dropDatabase(url: string, name: string): Promise<void> {
  await execute(url, `drop database if exists ${quoted(name)} with (force)`);
}

export async function execute(url: string, sql: string): Promise<void> {
  await firstRow(url, sql);
}

/** What the server's `show` says of a setting. */
export async function setting(url: string, name: 'wal_level'): Promise<string | undefined> {
  return (await firstRow(url, `show ${name}`))?.[name];
}

async function firstRow(url: string, sql: string): Promise<Record<string, string> | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // Without a listener a connection lost between two queries ends the whole process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, string>>(sql)).rows[0];
  } finally {
    await client.end().catch(() => undefined);
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
