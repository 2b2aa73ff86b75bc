import { postgresOutboxStore } from '@backstitch/outbox';
import type { Database } from '@backstitch/postgres';
import type pg from 'pg';
import { round } from '../environment.js';
import { percentile } from '../summary.js';

export interface SoakSample {
  readonly atSeconds: number;
  readonly rows: number;
  readonly unsent: number;
  readonly tableMiB: number;
  readonly indexesMiB: number;
  readonly deadRows: number;
  readonly autovacuums: number;
  /** Of the claims of the interval, taken beside the load. */
  readonly claimP50Ms: number;
  readonly claimP95Ms: number;
  readonly writtenPerSecond: number;
  readonly sentPerSecond: number;
}

const sizesSql = `
select pg_table_size('backstitch.outbox_events') as heap, pg_indexes_size('backstitch.outbox_events') as indexes,
       n_dead_tup as dead, autovacuum_count as vacuums,
       (select count(*) from backstitch.outbox_events) as rows,
       (select count(*) from backstitch.outbox_events where sent_at is null) as unsent
  from pg_stat_user_tables where relid = 'backstitch.outbox_events'::regclass`;

export type SoakState = Omit<
  SoakSample,
  'atSeconds' | 'writtenPerSecond' | 'sentPerSecond' | 'claimP50Ms' | 'claimP95Ms'
>;

export async function readState(pool: pg.Pool): Promise<SoakState> {
  const { rows } =
    await pool.query<Record<'heap' | 'indexes' | 'dead' | 'vacuums' | 'rows' | 'unsent', string>>(sizesSql);
  const [row] = rows;
  if (row === undefined) throw new Error('The statistics know nothing of backstitch.outbox_events.');
  return {
    ...{ rows: Number(row.rows), unsent: Number(row.unsent) },
    tableMiB: round(Number(row.heap) / 2 ** 20),
    indexesMiB: round(Number(row.indexes) / 2 ** 20),
    ...{ deadRows: Number(row.dead), autovacuums: Number(row.vacuums) },
  };
}

/** The claims that the relay makes, timed where they pass. Statements of its transaction included, the connection's wait not. */
export function timedClaims(database: Database<pg.PoolClient>): {
  readonly database: Database<pg.PoolClient>;
  take(): { readonly claimP50Ms: number; readonly claimP95Ms: number };
} {
  let taken: number[] = [];
  return {
    database: {
      ...database,
      transaction: (work) =>
        database.transaction(async (trx, sql) => {
          const beganAtMs = performance.now();
          let claims = false;
          const result = await work(trx, {
            query(text, values) {
              claims ||= text.includes('pg_try_advisory_xact_lock');
              return sql.query(text, values);
            },
          });
          if (claims && Array.isArray(result) && result.length > 0) taken.push(performance.now() - beganAtMs);
          return result;
        }),
    },
    take() {
      const [claimP50Ms, claimP95Ms] = [round(percentile(taken, 0.5)), round(percentile(taken, 0.95))];
      taken = [];
      return { claimP50Ms, claimP95Ms };
    },
  };
}

/** A claim that nobody else makes, to end with: nothing is left unsent. */
export async function leftUnsent(database: Database<pg.PoolClient>): Promise<number> {
  const { pending, retry } = await postgresOutboxStore({ database }).counts();
  return pending + retry;
}
