import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { postgresDatabase } from '@backstitch/postgres';
import pg from 'pg';
import type { Candidate } from './candidate.js';
import { insertSql, insertValues } from './postgres-candidates.js';

const folder = new URL('../../peers/node-idempotency/', import.meta.url);

/** Whether `npm install` was run in the peer's folder: it is no dependency of ours. */
export function isPeerInstalled(): boolean {
  return existsSync(new URL('node_modules/@node-idempotency/core', folder));
}

interface PeerRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly path: string;
  readonly method: string;
  readonly body: object;
}

interface PeerModules {
  readonly Idempotency: new (
    storage: object,
    options: object,
  ) => {
    onRequest(request: PeerRequest): Promise<unknown>;
    onResponse(request: PeerRequest, response: object): Promise<void>;
  };
  readonly RedisStorageAdapter: new (options: object) => { connect(): Promise<void>; disconnect(): Promise<void> };
}

/** `@node-idempotency/core` 1.0.11 on Redis, the shared store that it has. Its calls surround the business transaction; they are not in it. */
export async function nodeIdempotency(
  databaseUrl: string,
  options: { readonly connections: number; readonly redisUrl: string },
): Promise<Candidate> {
  const require = createRequire(folder);
  const core = require('@node-idempotency/core') as Pick<PeerModules, 'Idempotency'>;
  const redis = require('@node-idempotency/storage-adapter-redis') as Pick<PeerModules, 'RedisStorageAdapter'>;
  const storage = new redis.RedisStorageAdapter({ url: options.redisUrl });
  await storage.connect();
  const idempotency = new core.Idempotency(storage, { enforceIdempotency: true });
  const pool = new pg.Pool({ connectionString: databaseUrl, max: options.connections });
  const database = postgresDatabase(pool, { preparedStatements: true });
  return {
    name: '@node-idempotency/core on Redis',
    sharesTransaction: false,
    afterCrash: 'key in progress until it expires (24 hours); the row is there and the answer is not',
    replays: true,
    async run(key) {
      const request = { headers: { 'idempotency-key': key }, path: '/payments', method: 'POST', body: { amount: 5 } };
      const stored = await idempotency.onRequest(request);
      if (stored !== undefined) return;
      await database.transaction(async (_trx, sql) => {
        await sql.query(insertSql, insertValues(key));
      });
      await idempotency.onResponse(request, { body: { paid: true } });
    },
    async close() {
      await storage.disconnect();
      await pool.end();
    },
  };
}
