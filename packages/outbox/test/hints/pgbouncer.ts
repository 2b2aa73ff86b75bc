import { execFileSync, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PgBouncer {
  /** The same database through the pooler. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Where PgBouncer is, or null. */
export function findPgBouncer(): string | null {
  try {
    return execFileSync('sh', ['-c', 'PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v pgbouncer'], {
      encoding: 'utf8',
    }).trim();
  } catch {
    return null;
  }
}

/** PgBouncer in transaction mode in front of a database, with fewer sessions than it has clients. */
export async function startPgBouncer(binary: string, databaseUrl: string): Promise<PgBouncer> {
  const to = new URL(databaseUrl);
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'pgbouncer-'));
  // It refuses to run as root, and must read this as somebody else.
  await chmod(folder, 0o755);
  const name = to.pathname.slice(1);
  const config = `[databases]
${name} = host=${to.hostname} port=${to.port} dbname=${name} user=${to.username} password=${decodeURIComponent(to.password)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 100
`;
  await writeFile(join(folder, 'pgbouncer.ini'), config, { mode: 0o644 });
  const isRoot = process.getuid?.() === 0;
  const child = spawn(binary, [join(folder, 'pgbouncer.ini')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: folder,
    ...(isRoot ? { uid: 65_534, gid: 65_534 } : {}),
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (data: Buffer) => {
      said += data.toString();
      if (said.includes('process up')) resolve();
    });
    void exited.then(() => reject(new Error(`PgBouncer did not start: ${said}`)));
  });
  return {
    url: `postgres://${to.username}:any@127.0.0.1:${port}/${name}`,
    async stop() {
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
