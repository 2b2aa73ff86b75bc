import pg from 'pg';
import { runLoad } from './load.js';
import { percentile } from './summary.js';

export interface RawPostgres {
  readonly connections: number;
  readonly commitsPerSecond: number;
  readonly p50Ms: number;
}

/** About what a saga's own row holds, in bytes. */
const bodyBytes = 500;

/** The floor under any durable step: one row inserted and committed by itself, for so long, on so many connections. */
export async function rawCommits(
  url: string,
  { connections, forMs }: { readonly connections: number; readonly forMs: number },
): Promise<RawPostgres> {
  const pool = new pg.Pool({ connectionString: url, max: connections });
  try {
    await pool.query('create table if not exists raw_rows (id bigserial primary key, body text not null)');
    const body = 'x'.repeat(bodyBytes);
    const clients = await Promise.all(Array.from({ length: connections }, () => pool.connect()));
    const endsMs = performance.now() + forMs;
    const beganMs = performance.now();
    const latenciesMs: number[] = [];
    const insert = async (client: pg.PoolClient): Promise<void> => {
      while (performance.now() < endsMs) {
        const { latenciesMs: one } = await runLoad({
          total: 20,
          inFlight: 1,
          run: async () => void (await client.query('insert into raw_rows (body) values ($1)', [body])),
        });
        latenciesMs.push(...one);
      }
    };
    await Promise.all(clients.map(insert));
    const elapsedMs = performance.now() - beganMs;
    for (const client of clients) client.release();
    const commitsPerSecond = (latenciesMs.length / elapsedMs) * 1_000;
    return { connections, commitsPerSecond, p50Ms: percentile(latenciesMs, 0.5) };
  } finally {
    await pool.end();
  }
}
