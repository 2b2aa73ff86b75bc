import type { Clock, Logger } from '@backstitch/messaging';

/** Deletes what is old, batch by batch, until it is stopped. Any number may run, and none waits for another. */
export interface Retention<Pruned> {
  start(): void;
  /** One batch of each kind. Answers how many rows went. */
  runOnce(): Promise<Pruned>;
  /** Waits for the batch under way. */
  stop(): Promise<void>;
}

export interface PruneLoopOptions<Pruned> {
  /** For the log: `finished saga instances`. */
  readonly what: string;
  readonly runOnce: () => Promise<Pruned>;
  /** A batch of so many rows says that more are waiting. */
  readonly batchSize: number;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Between full batches, in milliseconds: it leaves the disk to others. */
const longestRestMs = 100;

export function createPruneLoop<Pruned extends Readonly<Record<string, number>>>(
  options: PruneLoopOptions<Pruned>,
): Retention<Pruned> {
  const { what, runOnce, batchSize, intervalMs, clock, logger } = options;
  let started = false;
  let loop: Promise<void> = Promise.resolve();
  let wake = (): void => undefined;
  const isStarted = (): boolean => started;

  const rest = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.setTimer(ms, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });
  const run = async (): Promise<void> => {
    while (isStarted()) {
      let isFull = false;
      try {
        const pruned = await runOnce();
        isFull = Object.values(pruned).some((count) => count >= batchSize);
        if (Object.values(pruned).some((count) => count > 0)) logger.info({ ...pruned }, `${what} were pruned`);
      } catch (error) {
        logger.warn({ err: error }, `${what} could not be pruned`);
      }
      if (isStarted()) await rest(isFull ? Math.min(intervalMs, longestRestMs) : intervalMs);
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
      wake();
      await loop;
    },
  };
}
