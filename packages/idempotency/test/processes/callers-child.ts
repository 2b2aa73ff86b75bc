import { once } from 'node:events';
import { postgresDatabase } from '@backstitch/postgres';
import pg from 'pg';
import { createIdempotency } from '../../src/index.js';

export interface CallersParameter {
  readonly url: string;
  readonly name: string;
  readonly callers: number;
  readonly keys: number;
}

/** What each caller got for each key. */
export interface CallersReport {
  readonly fresh: number;
  readonly replayed: number;
  /** By key: every value that any caller of this process got. */
  readonly values: readonly (readonly string[])[];
}

const [{ url, name, callers, keys }] = (await once(process, 'message')) as [CallersParameter];
const pool = new pg.Pool({ connectionString: url, max: 20 });
const database = postgresDatabase(pool);
const idempotency = createIdempotency({ database });
const counts = { fresh: 0, replayed: 0 };
const values = Array.from({ length: keys }, () => new Set<string>());

async function call(caller: number): Promise<void> {
  for (let key = 0; key < keys; key += 1) {
    const outcome = await database.transaction((trx, sql) =>
      idempotency.once(trx, { scope: 'callers', key: `k-${key}`, lockTimeoutMs: 60_000 }, async () => {
        await sql.query('insert into effect (name) values ($1)', [`k-${key}`]);
        return `${name}-${caller}`;
      }),
    );
    counts[outcome.kind] += 1;
    values[key]?.add(outcome.value);
  }
}

process.send?.('ready');
await once(process, 'message');
await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
await pool.end();
process.send?.({ ...counts, values: values.map((each) => [...each]) } satisfies CallersReport);
process.disconnect();
