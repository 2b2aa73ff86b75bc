import { type Clock, type Logger, systemClock } from '@backstitch/messaging';
import { SagaError } from '../errors.js';
import { inTime } from './in-time.js';

/** Something that is opened once and closed once, whoever calls how often and whenever. */
export interface Lifecycle<Running> {
  /** Callers at the same time share one opening. One that failed may be repeated. Throws `ENGINE_CLOSED` after `close`. */
  open(): Promise<void>;
  /** What is open now, or nothing. */
  current(): Running | undefined;
  /** Callers share one closing. What is still being opened is closed as soon as it is there. */
  close(timeoutMs: number): Promise<void>;
}

export interface LifecycleOptions<Running> {
  /** For errors: `saga engine 'orders'`. */
  readonly what: string;
  readonly begin: () => Promise<Running>;
  readonly end: (running: Running, timeoutMs: number) => Promise<void>;
  readonly logger: Logger;
  readonly clock?: Clock;
}

export function createLifecycle<Running>(options: LifecycleOptions<Running>): Lifecycle<Running> {
  const { what, begin, end, logger, clock = systemClock } = options;
  let opening: Promise<Running> | undefined;
  let running: Running | undefined;
  let closing: Promise<void> | undefined;

  const openOnce = async (): Promise<Running> => {
    try {
      const opened = await begin();
      // Closed meanwhile: whoever closes waits for this promise and ends what it answers.
      if (closing === undefined) running = opened;
      return opened;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };
  const close = async (timeoutMs: number): Promise<void> => {
    const opened = opening;
    running = undefined;
    if (opened === undefined) return;
    const ending = opened.then(
      (found) => end(found, timeoutMs),
      () => undefined,
    );
    if (await inTime(ending, { timeoutMs, clock })) return;
    ending.catch((error: unknown) => logger.warn({ err: error }, `${what} ended late and with an error`));
    logger.warn({ timeoutMs }, `${what} was left before all that was under way had ended`);
  };
  return {
    async open() {
      if (closing !== undefined) throw closed(what);
      opening ??= openOnce();
      await opening;
      if (closing !== undefined) throw closed(what);
    },
    current: () => running,
    close(timeoutMs) {
      closing ??= close(timeoutMs);
      return closing;
    },
  };
}

function closed(what: string): SagaError {
  return new SagaError('ENGINE_CLOSED', `${what} was closed`, {
    hint: 'create a new one: what was closed stays closed',
  });
}
