import type { CancelTimer, Clock } from '@backstitch/messaging';

/** A clock of a process that may be ended: its timers end with it. */
export interface MortalClock extends Clock {
  end(): void;
}

/** Loops of a killed process would try for as long as their leases last, and stop the time of the test at every one of their timers. */
export function mortalClock(clock: Clock): MortalClock {
  const cancels = new Set<CancelTimer>();
  let isOver = false;
  return {
    now: clock.now,
    setTimer(delayMs, run) {
      if (isOver) return () => undefined;
      const cancel = clock.setTimer(delayMs, () => {
        cancels.delete(cancel);
        run();
      });
      cancels.add(cancel);
      return () => {
        cancels.delete(cancel);
        cancel();
      };
    },
    end() {
      isOver = true;
      for (const cancel of cancels) cancel();
      cancels.clear();
    },
  };
}
