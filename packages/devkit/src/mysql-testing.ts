import { describe, inject } from 'vitest';
import { DevkitError } from './devkit-error.js';
import { mysqlDatabasesOf } from './mysql-databases.js';
import type { DeskAnswer } from './server-desk.js';
import type { TestDatabase } from './testing.js';
import type {} from './vitest-servers.js';

// Asked once, when a test file imports this: only then is there a server at all.
const server = await askDesk();

async function askDesk(): Promise<DeskAnswer> {
  const desk = inject('serverDesk');
  if (desk === undefined) {
    throw new DevkitError(
      'DEVKIT_OUTSIDE_VITEST',
      'No server runs: this test belongs into *.int.test.ts or *.e2e.test.ts.',
    );
  }
  const response = await fetch(desk);
  if (!response.ok) throw new DevkitError('DEVKIT_NO_MYSQL', await response.text());
  return (await response.json()) as DeskAnswer;
}

/** A fresh database on the run's MySQL or MariaDB. Only within `describeWithMysql`. */
export async function testMysqlDatabase(): Promise<TestDatabase> {
  if (server.kind === 'none') throw new DevkitError('DEVKIT_NO_MYSQL', server.reason);
  const { createDatabase, dropDatabase } = mysqlDatabasesOf(server.url);
  const url = await createDatabase();
  return { url, drop: () => dropDatabase(new URL(url).pathname.slice(1)) };
}

/** A `describe` that is reported as skipped, with the reason in its name, where there is neither MySQL nor MariaDB. */
export function describeWithMysql(name: string, fn: () => void): void {
  if (server.kind === 'there') describe(`${name} [${server.version}]`, fn);
  else describe.skip(`${name} [skipped, no MySQL: ${server.reason}]`, fn);
}
