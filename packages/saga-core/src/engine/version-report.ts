import type { CancelTimer, Clock, Logger } from '@backstitch/messaging';
import type { DefinitionKey, SagaStore } from './saga-store.js';

/** Tells of live instances that this process leaves alone because it lacks their version: at start, then now and then. */
export interface VersionReport {
  start(): void;
  /** One look; answers how many definitions it told of. */
  runOnce(): Promise<number>;
  stop(): Promise<void>;
}

export interface VersionReportOptions<Trx> {
  readonly store: Pick<SagaStore<Trx>, 'liveBeyond'>;
  readonly definitions: readonly DefinitionKey[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly intervalMs: number;
}

/** Of each definition at most so many are counted. */
const countTo = 10_000;
/** Definitions that are told of in one look. */
const maxDefinitions = 20;

/**
 * In a rolling deployment there are always some, and an older process moves them. `overdue` says how many nobody has looked at for a minute:
 * those stand still until a process with their version comes, or until they are migrated.
 */
export function createVersionReport<Trx>(options: VersionReportOptions<Trx>): VersionReport {
  const { store, definitions, clock, logger, intervalMs } = options;
  let cancel: CancelTimer | undefined;
  let running: Promise<void> | undefined;
  let stopped = true;

  const look = async (): Promise<number> => {
    const found = await store.liveBeyond(definitions, { countTo });
    for (const { saga, version, hash, live, overdue } of found.slice(0, maxDefinitions)) {
      logger.warn(
        { code: 'VERSION_UNKNOWN', saga, version, hash, live, overdue, counted: live === countTo ? 'at least' : 'all' },
        'live saga instances wait for a version that this process does not know: register it, or migrate them',
      );
    }
    if (found.length > maxDefinitions)
      logger.warn({ code: 'VERSION_UNKNOWN', more: found.length - maxDefinitions }, 'and there are more such versions');
    return found.length;
  };
  const tick = async (): Promise<void> => {
    try {
      await look();
    } catch (error) {
      logger.warn({ err: error }, 'looking for instances of unknown versions failed, trying again later');
    }
    if (!stopped) cancel = clock.setTimer(intervalMs, begin);
  };
  const begin = (): void => {
    running = tick();
  };
  return {
    start() {
      if (!stopped) return;
      stopped = false;
      begin();
    },
    runOnce: look,
    async stop() {
      stopped = true;
      cancel?.();
      await running;
    },
  };
}
