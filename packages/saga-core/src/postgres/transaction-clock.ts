import type { Sql } from '@backstitch/postgres';
import { readNow } from './database-time.js';

/** The database's time in one transaction. */
export interface TransactionClock {
  /** Whole milliseconds. Never ahead of the database's clock. */
  now(): Promise<number>;
  /** A statement that was to be made anyway has answered with the time. */
  heard(now: number): void;
}

/**
 * The database is asked once; from then on what this process's monotonic clock counts is added. That begins when the answer has come, so that
 * the reckoned time runs behind the database's by that answer's way and never before it: a deadline may be late, never early. Asking each time
 * was every eighth statement of a saga.
 */
export function transactionClock(sql: Sql, monotonicNowMs: () => number = () => performance.now()): TransactionClock {
  let last: { readonly now: number; readonly heardAtMs: number } | undefined;
  const heard = (now: number): void => {
    last = { now, heardAtMs: monotonicNowMs() };
  };
  return {
    heard,
    async now() {
      if (last === undefined) {
        const now = await readNow(sql);
        heard(now);
        return now;
      }
      return Math.floor(last.now + monotonicNowMs() - last.heardAtMs);
    },
  };
}
