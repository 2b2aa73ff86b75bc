/** Counts what is under way in a test, so that it can wait for the end of it instead of sleeping. */
export interface TestActivity {
  /** Answers the function that ends it; calling that again does nothing. */
  begin(): () => void;
  track<T>(run: () => Promise<T>): Promise<T>;
  /** As `track`, for a function of the author's that may hang: after a second of real time nobody waits for it any more. */
  trackCall<T>(run: () => Promise<T>): Promise<T>;
  /** How much was begun so far: where two looks agree, nothing was. */
  begun(): number;
  /** Resolves when nothing is under way. What is then awaited by somebody has run, too. */
  quiet(): Promise<void>;
}

const callPatienceMs = 1_000;

export function createTestActivity(): TestActivity {
  let underWay = 0;
  let begun = 0;
  let waiting: (() => void)[] = [];
  const begin = (): (() => void) => {
    underWay += 1;
    begun += 1;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      underWay -= 1;
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    };
  };
  return {
    begin,
    begun: () => begun,
    async track(run) {
      const end = begin();
      try {
        return await run();
      } finally {
        end();
      }
    },
    async trackCall(run) {
      const end = begin();
      const patience = setTimeout(end, callPatienceMs);
      try {
        return await run();
      } finally {
        clearTimeout(patience);
        end();
      }
    },
    async quiet() {
      for (;;) {
        await eventLoopTurn();
        if (underWay === 0) return;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}

/** Resolves on the next turn of the event loop: every promise job that could run has run by then. */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
