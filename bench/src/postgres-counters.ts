import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { postgresCpuMs } from './postgres-cpu.js';

/** Of the whole server: what else writes to it is counted too. */
export interface PostgresCounters {
  readonly walLsn: string;
  /** Undefined where the server's processes cannot be seen. */
  readonly cpuMs: number | undefined;
}

export interface PostgresCost {
  /** Commits that wrote something, counted in the log itself. Undefined where the server lacks pg_walinspect. */
  readonly commits: number | undefined;
  readonly walBytes: number;
  readonly cpuMs: number | undefined;
}

/** A session tells the statistics at most once a second while it works, and 10 seconds after it has fallen idle. */
const statisticsSettleMs = 11_000;

export async function readCounters(client: pg.Client): Promise<PostgresCounters> {
  const { rows } = await client.query<{ lsn: string; pid: number }>(
    'select pg_current_wal_flush_lsn() as lsn, pg_backend_pid() as pid',
  );
  const [row] = rows;
  if (row === undefined) throw new Error('A select without a table answered no row.');
  return { walLsn: row.lsn, cpuMs: await postgresCpuMs(row.pid) };
}

/** What lies between two readings. */
export async function costBetween(
  client: pg.Client,
  before: PostgresCounters,
  after: PostgresCounters,
): Promise<PostgresCost> {
  const lsns = [before.walLsn, after.walLsn];
  const { rows } = await client.query<{ bytes: string }>('select $2::pg_lsn - $1::pg_lsn as bytes', lsns);
  const cpuMs = before.cpuMs === undefined || after.cpuMs === undefined ? undefined : after.cpuMs - before.cpuMs;
  return { commits: await commitsInLog(client, lsns), walBytes: Number(rows[0]?.bytes), cpuMs };
}

/**
 * Commit records of the write-ahead log: exact at once, where `pg_stat_database` lags and counts reads too. The log must still be there,
 * which at the sizes of a round it is.
 */
async function commitsInLog(client: pg.Client, lsns: readonly string[]): Promise<number | undefined> {
  try {
    await client.query('create extension if not exists pg_walinspect');
    const { rows } = await client.query<{ count: string }>(
      `select coalesce(sum(count), 0) as count from pg_get_wal_stats($1, $2, true) where "resource_manager/record_type" = 'Transaction/COMMIT'`,
      [...lsns],
    );
    return Number(rows[0]?.count);
  } catch {
    return undefined;
  }
}

/** Transactions of these databases, those that only read included. Waits until the sessions have told theirs. */
export async function settledTransactions(client: pg.Client, databases: readonly string[]): Promise<number> {
  await pause(statisticsSettleMs);
  const { rows } = await client.query<{ count: string }>(
    'select coalesce(sum(xact_commit), 0) as count from pg_stat_database where datname = any($1)',
    [[...databases]],
  );
  return Number(rows[0]?.count);
}
