import { eventLoopTurn } from './event-loop-turn.js';

/** `work` goes on by itself; a `timer` goes on when the clock says so. */
export type ActivityKind = 'work' | 'timer';

/** Counts what is under way, so that a test can wait for the end of it instead of sleeping. */
export interface Activity {
  /** Answers the function that ends it; calling that again does nothing. */
  begin(kind: ActivityKind): () => void;
  /** Resolves when no work is under way; timers may still be set. For tests that own the clock. */
  settled(): Promise<void>;
  /** Resolves when no work is under way and no timer is set. For tests on the machine's clock. */
  idle(): Promise<void>;
}

export function createActivity(): Activity {
  const underWay: Record<ActivityKind, number> = { work: 0, timer: 0 };
  let onEnd: (() => void)[] = [];

  const until = async (isQuiet: () => boolean): Promise<void> => {
    for (;;) {
      // Whoever awaited the last piece of work runs in this turn, and may begin some more.
      await eventLoopTurn();
      if (isQuiet()) return;
      await new Promise<void>((resolve) => onEnd.push(resolve));
    }
  };

  return {
    begin(kind) {
      underWay[kind]++;
      let ended = false;
      return () => {
        if (ended) return;
        ended = true;
        underWay[kind]--;
        const waiting = onEnd;
        onEnd = [];
        for (const wake of waiting) wake();
      };
    },
    settled: () => until(() => underWay.work === 0),
    idle: () => until(() => underWay.work === 0 && underWay.timer === 0),
  };
}
