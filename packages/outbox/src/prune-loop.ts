import type { Clock, Logger } from '@backstitch/messaging';
import { createWakeUp } from './relay/wake-up.js';

/** Deletes what is old, batch by batch, until it is stopped. */
export interface Pruner {
  start(): void;
  /** One statement. Answers how many rows it deleted. */
  runOnce(): Promise<number>;
  stop(): Promise<void>;
}

export interface PruneLoopOptions {
  /** For the log: `sent outbox rows`. */
  readonly what: string;
  /** Deletes at most `limit` rows. Answers how many. */
  readonly runOnce: () => Promise<number>;
  readonly limit: number;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Between full batches, in milliseconds: it leaves the disk to others. */
const longestRestMs = 100;

export function createPruneLoop({ what, runOnce, limit, intervalMs, clock, logger }: PruneLoopOptions): Pruner {
  const wakeUp = createWakeUp(clock);
  let started = false;
  let loop: Promise<void> = Promise.resolve();
  const isStarted = (): boolean => started;
  const run = async (): Promise<void> => {
    let inARow = 0;
    while (isStarted()) {
      let deleted = 0;
      try {
        deleted = await runOnce();
        inARow += deleted;
      } catch (error) {
        logger.warn({ error }, `${what} could not be pruned`);
      }
      // A full batch means that more is waiting.
      const isFull = deleted >= limit;
      if (!isFull && inARow > 0) {
        logger.info({ deleted: inARow }, `${what} were pruned`);
        inARow = 0;
      }
      if (isStarted()) await wakeUp.sleep(isFull ? Math.min(intervalMs, longestRestMs) : intervalMs);
    }
  };
  return {
    runOnce,
    start() {
      if (started) return;
      started = true;
      loop = loop.then(run);
    },
    async stop() {
      started = false;
      wakeUp.wake();
      await loop;
    },
  };
}
