import type { CancelTimer, Clock, Logger } from '@backstitch/messaging';
import type { DefinitionKey, SagaStore } from './saga-store.js';
import type { WakeItem } from './item.js';

/** Wakes instances whose time has come. There is no recovery at start-up: this loop is all there is, and it is always running. */
export interface DuePoller {
  start(): void;
  /** One look; answers how many instances were woken. */
  runOnce(): Promise<number>;
  stop(): Promise<void>;
}

export interface DuePollerOptions<Trx> {
  readonly store: SagaStore<Trx>;
  readonly definitions: readonly DefinitionKey[];
  readonly wake: (items: readonly WakeItem[]) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly intervalMs: number;
  readonly batchSize: number;
}

export function createDuePoller<Trx>(options: DuePollerOptions<Trx>): DuePoller {
  const { store, definitions, wake, clock, logger, intervalMs, batchSize } = options;
  let cancel: CancelTimer | undefined;
  let running: Promise<void> | undefined;
  let stopped = true;
  let failures = 0;

  const runOnce = async (): Promise<number> => {
    if (definitions.length === 0) return 0;
    const ids = await store.due({ limit: batchSize, definitions });
    if (ids.length > 0) await wake(ids.map((sagaId) => ({ kind: 'wake', sagaId })));
    return ids.length;
  };

  const tick = async (): Promise<void> => {
    try {
      let woken: number;
      do woken = await runOnce();
      while (woken === batchSize && !stopped);
      failures = 0;
    } catch (error) {
      failures += 1;
      logger.warn({ err: error, failures }, 'looking for due sagas failed, trying again');
    }
    if (stopped) return;
    const delayMs = failures === 0 ? intervalMs : Math.min(intervalMs * 2 ** failures, 10_000);
    cancel = clock.setTimer(delayMs, begin);
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
    runOnce,
    async stop() {
      stopped = true;
      cancel?.();
      await running;
    },
  };
}
