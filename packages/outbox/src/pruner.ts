import { type Clock, type Logger, silentLogger, systemClock } from '@backstitch/messaging';
import type { OutboxStore } from './outbox-store.js';
import { createWakeUp } from './relay/wake-up.js';
import { requirePositive } from './require-positive.js';

export interface PrunerOptions {
  readonly store: OutboxStore;
  /** How long sent rows are kept, in milliseconds. Default 7 days. */
  readonly keepMs?: number;
  /** Most rows deleted by one statement. Default 5000. */
  readonly batchSize?: number;
  /** The pause after a run that found nothing more, in milliseconds. Default one minute. */
  readonly intervalMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** Deletes sent rows that are old enough. Any number may run; unsent and FAILED rows are never touched. */
export interface Pruner {
  start(): void;
  /** One statement. Answers how many rows it deleted. */
  runOnce(): Promise<number>;
  stop(): Promise<void>;
}

export function createPruner(options: PrunerOptions): Pruner {
  const { store, clock = systemClock, logger = silentLogger } = options;
  const olderThanMs = requirePositive('keepMs', options.keepMs ?? 7 * 86_400_000);
  const limit = requirePositive('batchSize', options.batchSize ?? 5_000);
  const intervalMs = requirePositive('intervalMs', options.intervalMs ?? 60_000);
  const wakeUp = createWakeUp(clock);
  let started = false;
  let loop: Promise<void> = Promise.resolve();

  const runOnce = (): Promise<number> => store.prune({ olderThanMs, limit });
  const isStarted = (): boolean => started;
  const run = async (): Promise<void> => {
    while (isStarted()) {
      let deleted = 0;
      try {
        deleted = await runOnce();
      } catch (error) {
        logger.warn({ error }, 'sent outbox rows could not be pruned');
      }
      // A full batch means that more is waiting; a short rest between batches leaves the disk to others.
      if (isStarted()) await wakeUp.sleep(deleted < limit ? intervalMs : Math.min(intervalMs, 100));
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
