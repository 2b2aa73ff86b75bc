/** Cancels a timer; does nothing once it has fired. */
export type CancelTimer = () => void;

/**
 * Where a background loop gets its time from, so that a test can own it. Only for pacing inside one process: what is stored or
 * compared between processes is timed by the database.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `run` once, not before `delayMs` milliseconds have passed. */
  setTimer(delayMs: number, run: () => void): CancelTimer;
}

/** setTimeout fires at once for anything longer than a signed 32-bit count of milliseconds (24.8 days). */
const longestTimeoutMs = 2_147_483_647;

/** The machine's clock. A timer keeps the process alive until it fires or is cancelled. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer(delayMs, run) {
    let timeout: NodeJS.Timeout;
    const wait = (remainingMs: number): void => {
      const stretchMs = Math.min(remainingMs, longestTimeoutMs);
      timeout = setTimeout(() => (remainingMs > stretchMs ? wait(remainingMs - stretchMs) : run()), stretchMs);
    };
    wait(Math.max(0, delayMs));
    return () => clearTimeout(timeout);
  },
};
