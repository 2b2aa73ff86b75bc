import type { CancelTimer, Clock } from '@backstitch/messaging';
import type { TestActivity } from './test-activity.js';

/** The time of a test engine: it stands still until the test moves it. Two faces of one clock. */
export interface TestClock {
  now(): number;
  /** Its timers are moments at which time that passes stops: late deliveries, backoffs. */
  readonly exact: Clock;
  /** For loops that only look again now and then: their timers fire once time has passed them, and are no reason to stop. */
  readonly lazy: Clock;
  /** The earliest timer of the exact face. */
  nextExactAt(): number | undefined;
  /** Moves the time and fires what is due by then, earliest first. */
  moveTo(atMs: number): void;
}

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

export function createTestClock(startMs: number, activity: TestActivity): TestClock {
  let nowMs = startMs;
  const exact = new Set<Timer>();
  const lazy = new Set<Timer>();
  const faceOf = (timers: Set<Timer>): Clock => ({
    now: () => nowMs,
    setTimer(delayMs, run) {
      if (delayMs <= 0) return soon(run, activity);
      const timer = { atMs: nowMs + delayMs, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  });
  return {
    now: () => nowMs,
    exact: faceOf(exact),
    lazy: faceOf(lazy),
    nextExactAt: () => (exact.size === 0 ? undefined : Math.min(...[...exact].map(({ atMs }) => atMs))),
    moveTo(atMs) {
      nowMs = Math.max(nowMs, atMs);
      const due = [...exact, ...lazy].filter((timer) => timer.atMs <= nowMs);
      for (const timer of due.sort((one, other) => one.atMs - other.atMs)) {
        // One that fired before it may have cancelled this one.
        if (exact.delete(timer) || lazy.delete(timer)) timer.run();
      }
    },
  };
}

/** What is due at once need not wait for the test to move the time. */
function soon(run: () => void, activity: TestActivity): CancelTimer {
  const end = activity.begin();
  const immediate = setImmediate(() => {
    end();
    run();
  });
  return () => {
    clearImmediate(immediate);
    end();
  };
}
