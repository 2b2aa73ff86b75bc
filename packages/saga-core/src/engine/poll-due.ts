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
  /** Resolves when all that came of it is durable. */
  readonly wake: (items: readonly WakeItem[]) => Promise<void>;
  /** Does not wait for legs that go on by themselves: however long one takes, the loop looks again. */
  readonly beginToWake: (items: readonly WakeItem[]) => Promise<void>;
  /** A leg of this instance is under way: it is still due in the table, and will say itself when it is next. */
  readonly isBusy: (sagaId: string) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly intervalMs: number;
  readonly batchSize: number;
}

export function createDuePoller<Trx>(options: DuePollerOptions<Trx>): DuePoller {
  const { store, definitions, wake, beginToWake, isBusy, clock, logger, intervalMs, batchSize } = options;
  let cancel: CancelTimer | undefined;
  let running: Promise<void> | undefined;
  let stopped = true;
  let failures = 0;

  const look = async (hand: typeof wake): Promise<number> => {
    if (definitions.length === 0) return 0;
    const ids = (await store.due({ limit: batchSize, definitions })).filter((sagaId) => !isBusy(sagaId));
    if (ids.length > 0) await hand(ids.map((sagaId) => ({ kind: 'wake', sagaId })));
    return ids.length;
  };

  const tick = async (): Promise<void> => {
    try {
      let woken: number;
      do woken = await look(beginToWake);
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
    runOnce: () => look(wake),
    async stop() {
      stopped = true;
      cancel?.();
      await running;
    },
  };
}
