import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeTried } from './choose-ways.js';
import type { MysqlServer, NoMysql } from './mysql-server.js';
import { startMysql } from './start-mysql.js';

export type DeskAnswer =
  | { readonly kind: 'there'; readonly url: string; readonly version: string }
  | { readonly kind: 'none'; readonly reason: string };

export interface ServerDesk {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Where a test process asks for a server that few files need: it is started when the first one asks, in the process that outlives them all, and
 * runs that do not need it do not wait for it.
 */
export async function openServerDesk(): Promise<ServerDesk> {
  let mysql: Promise<MysqlServer | NoMysql> | undefined;
  const answer = async (): Promise<DeskAnswer> => {
    mysql ??= startMysql();
    const server = await mysql;
    return server.kind === 'none'
      ? { kind: 'none', reason: describeTried(server.tried) }
      : { kind: 'there', url: server.url, version: server.version };
  };
  const desk = createServer((_request, response) => {
    answer().then(
      (said) => response.end(JSON.stringify(said)),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  await new Promise<void>((resolve) => desk.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(desk.address() as AddressInfo).port}/`,
    async close() {
      desk.closeAllConnections();
      await new Promise<void>((resolve) => desk.close(() => resolve()));
      const server = await mysql?.catch(() => undefined);
      if (server !== undefined && server.kind !== 'none') await server.stop();
    },
  };
}
