import type { AdvanceOptions } from './advance-options.js';
import type { Ready } from './situation.js';
import { settleSolo } from './settle-solo.js';

/**
 * Legs that run the author's code, a few at a time and apart from everything else: however long one of them takes, only its own instance
 * waits for it.
 */
export interface SoloLegs {
  /** Whether a leg of this instance waits or runs. */
  isBusy(sagaId: string): boolean;
  /** Resolves, whatever became of it, when the leg of this instance is over. */
  over(sagaId: string): Promise<void>;
  /** Runs it as soon as there is room. `contended`: the instance moved meanwhile, read it again. Rejects with passing trouble. */
  run(ready: Ready): Promise<'done' | 'contended'>;
}

/** A leg that takes longer than this is worth a word: it keeps a connection, one of few places, and its partition's offset. */
const longLegMs = 30_000;

export function createSoloLegs<Trx>(options: AdvanceOptions<Trx>): SoloLegs {
  const busy = new Map<string, Promise<void>>();
  const waiting: (() => void)[] = [];
  let free = options.soloConcurrency;

  const seat = async (): Promise<void> => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free -= 1;
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  const runSeated = async (ready: Ready): Promise<'done' | 'contended'> => {
    await seat();
    const { sagaId, definition } = ready;
    const cancel = options.clock.setTimer(longLegMs, () =>
      options.logger.warn(
        { sagaId, saga: definition.name, forMs: longLegMs },
        'a local step has not ended: it keeps a connection and holds up its partition, give it a timeout of its own',
      ),
    );
    try {
      return await settleSolo(options, ready);
    } finally {
      cancel();
      leave();
    }
  };
  return {
    isBusy: (sagaId) => busy.has(sagaId),
    over: (sagaId) => busy.get(sagaId) ?? Promise.resolve(),
    run(ready) {
      const { sagaId } = ready;
      const done = runSeated(ready).finally(() => busy.delete(sagaId));
      busy.set(
        sagaId,
        done.then(
          () => undefined,
          (error: unknown) =>
            options.logger.warn({ sagaId, err: error }, 'a leg was interrupted, it will be run again'),
        ),
      );
      return done;
    },
  };
}
