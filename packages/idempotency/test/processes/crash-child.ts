import { once } from 'node:events';
import { postgresDatabase } from '@backstitch/postgres';
import pg from 'pg';
import { createIdempotency } from '../../src/index.js';

/** Where the process is to stop, and to be killed. */
export type CrashPlace = 'before the work' | 'in the work' | 'after the work' | 'after the commit';

export interface CrashParameter {
  readonly url: string;
  readonly way: 'once' | 'lease';
  readonly place: CrashPlace;
  readonly leaseMs: number;
}

const [parameter] = (await once(process, 'message')) as [CrashParameter];
const { url, way, place, leaseMs } = parameter;
const pool = new pg.Pool({ connectionString: url });
const database = postgresDatabase(pool);
const idempotency = createIdempotency({ database });
const at = { scope: 'crash', key: 'k-1' };

/** Says where it is and stays there: the pool's open connection keeps the process alive until it is killed. */
async function stopIf(here: CrashPlace): Promise<void> {
  if (here !== place) return;
  process.send?.({ place: here });
  await new Promise<never>(() => undefined);
}

const effect = (): Promise<unknown> => pool.query("insert into effect (name) values ('outside')");

if (way === 'once') {
  await database.transaction(async (trx, sql) => {
    await idempotency.once(trx, at, async () => {
      await stopIf('before the work');
      await sql.query("insert into effect (name) values ('of the child')");
      await stopIf('in the work');
      return 'of the child';
    });
    await stopIf('after the work');
  });
} else {
  // Asked when the work is done and before its result is stored.
  const result = {
    '~standard': {
      version: 1 as const,
      vendor: 'test',
      validate: async (value: unknown) => {
        await stopIf('after the work');
        return { value };
      },
    },
  };
  await idempotency.onceUnderLease({ ...at, leaseMs, result }, async () => {
    await stopIf('before the work');
    await effect();
    await stopIf('in the work');
    return 'of the child';
  });
}
await stopIf('after the commit');
