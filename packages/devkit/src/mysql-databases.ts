import { randomBytes } from 'node:crypto';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { MysqlServer } from './mysql-server.js';

/** The verbs that every kind of server has alike. */
export function mysqlDatabasesOf(url: string): Pick<MysqlServer, 'createDatabase' | 'dropDatabase'> {
  return {
    async createDatabase(name = `test_${randomBytes(8).toString('hex')}`) {
      await askMysql(url, `create database ${quoted(name)}`);
      const created = new URL(url);
      created.pathname = `/${encodeURIComponent(name)}`;
      return created.href;
    },
    dropDatabase: async (name) => void (await askMysql(url, `drop database if exists ${quoted(name)}`)),
  };
}

export async function mysqlVersion(url: string): Promise<string> {
  const [row] = await askMysql(url, 'select version() as version');
  return String(row?.['version']);
}

async function askMysql(url: string, sql: string): Promise<RowDataPacket[]> {
  const connection = await createConnection({ uri: url, connectTimeout: 10_000 });
  // Without a listener a connection lost between two statements ends the whole process.
  connection.on('error', () => undefined);
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return rows;
  } finally {
    await connection.end().catch(() => undefined);
  }
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
