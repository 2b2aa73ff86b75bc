import type { Sql } from '@backstitch/postgres';
import { readNow } from './database-time.js';

export interface StoreClockOptions {
  /** Milliseconds that never go back. Default `performance.now()`. */
  readonly monotonicNowMs?: (() => number) | undefined;
  /** The process's own clock, held against the monotonic one and used for nothing else. Default `Date.now()`. */
  readonly wallNowMs?: () => number;
}

/** The database's time outside of transactions. */
export interface StoreClock {
  /** Whole milliseconds. Never ahead of the database's clock. */
  now(): Promise<number>;
  /** A statement that was to be made anyway has answered with the time. */
  heard(now: number): void;
}

/** Clocks that a service disciplines differ by at most 0.05 %: half a millisecond in this time, less than the way of the answer. */
const longestReckoningMs = 1_000;
/** A machine that slept counts the time in its own clock, but not in the monotonic one. */
const longestGapMs = 20;

/**
 * As `transactionClock`, but for as long as the process lives: the database is asked again after a second, and whenever this machine's own clock
 * and its monotonic one disagree about how long it has been (it was asleep, or paused), because a deadline that is reckoned from an old moment
 * would be early. Those who ask at the same time share one statement.
 */
export function storeClock(sql: Sql, options: StoreClockOptions = {}): StoreClock {
  const { monotonicNowMs = () => performance.now(), wallNowMs = () => Date.now() } = options;
  let last: { readonly now: number; readonly heardAtMs: number; readonly wallMs: number } | undefined;
  let asking: Promise<number> | undefined;
  const heard = (now: number): void => {
    last = { now, heardAtMs: monotonicNowMs(), wallMs: wallNowMs() };
  };
  const ask = async (): Promise<number> => {
    try {
      const now = await readNow(sql);
      heard(now);
      return now;
    } finally {
      asking = undefined;
    }
  };
  return {
    heard,
    async now() {
      if (last !== undefined) {
        const passedMs = monotonicNowMs() - last.heardAtMs;
        const wallPassedMs = wallNowMs() - last.wallMs;
        if (passedMs <= longestReckoningMs && Math.abs(wallPassedMs - passedMs) <= longestGapMs)
          return Math.floor(last.now + passedMs);
      }
      asking ??= ask();
      return asking;
    },
  };
}
