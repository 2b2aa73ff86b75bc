import { type Clock, type Logger, silentLogger, systemClock } from '@backstitch/messaging';
import type { OutboxStore } from './outbox-store.js';
import { createPruneLoop, type Pruner } from './prune-loop.js';
import { requirePositive } from './require-positive.js';

export interface PruneTimes {
  /** Most rows deleted by one statement. Default 5000. */
  readonly batchSize?: number;
  /** The pause after a run that found nothing more, in milliseconds. Default one minute. */
  readonly intervalMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

export interface PrunerOptions extends PruneTimes {
  readonly store: OutboxStore;
  /** How long sent rows are kept, in milliseconds. Default 7 days. */
  readonly keepMs?: number;
}

/** Deletes sent rows that are old enough. Any number may run, none waits for another; unsent and FAILED rows are never touched. */
export function createPruner(options: PrunerOptions): Pruner {
  const { store, clock = systemClock, logger = silentLogger } = options;
  const olderThanMs = requirePositive('keepMs', options.keepMs ?? 7 * 86_400_000);
  const limit = requirePositive('batchSize', options.batchSize ?? 5_000);
  const intervalMs = requirePositive('intervalMs', options.intervalMs ?? 60_000);
  const runOnce = (): Promise<number> => store.prune({ olderThanMs, limit });
  return createPruneLoop({ what: 'sent outbox rows', runOnce, limit, intervalMs, clock, logger });
}
