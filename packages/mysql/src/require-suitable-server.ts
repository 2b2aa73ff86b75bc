import { MysqlError } from './errors.js';
import type { MysqlSql } from './mysql-database.js';

const needs = { MySQL: [8, 0, 16], MariaDB: [10, 6, 0] } as const;

/** Answers nothing, or throws SERVER_UNSUITABLE: older servers have no `skip locked`, or ignore CHECK constraints. */
export async function requireSuitableServer(sql: MysqlSql): Promise<void> {
  const { rows } = await sql.query<{ version: string }>('select version() as version');
  const version = rows[0]?.version ?? '';
  const server = /mariadb/i.test(version) ? 'MariaDB' : 'MySQL';
  if (isAtLeast(version, needs[server])) return;
  throw new MysqlError('SERVER_UNSUITABLE', `This server is ${server} ${version}.`, {
    fields: { version, needed: `${server} ${needs[server].join('.')}` },
    hint: 'Use MySQL 8.0.16 or MariaDB 10.6 or newer: the claim needs `for update skip locked`.',
  });
}

/** `5.5.5-10.11.19-MariaDB` is how older drivers see MariaDB: the fork's own number comes last. */
function isAtLeast(version: string, needed: readonly number[]): boolean {
  const numbers = (version.replace(/^5\.5\.5-/, '').match(/\d+/g) ?? []).map(Number);
  for (const [index, least] of needed.entries()) {
    const found = numbers[index] ?? 0;
    if (found !== least) return found > least;
  }
  return true;
}
