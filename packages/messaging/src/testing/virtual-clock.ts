import type { CancelTimer, Clock } from '../clock.js';
import { eventLoopTurn } from './event-loop-turn.js';

/** A clock that stands still until its test moves it. */
export interface VirtualClock extends Clock {
  /**
   * Moves the time by `ms` milliseconds and fires what falls due, earliest first, at the very instant it was set for. After each
   * instant the promise jobs that it caused are run, so that a loop which sets its next timer is followed through the whole stretch.
   */
  advance(ms: number): Promise<void>;
  /** The instant of the earliest timer, in milliseconds since the epoch; undefined where none is set. */
  nextTimerAt(): number | undefined;
}

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

/** @param startMs where the clock begins, in milliseconds since the epoch. Default 2026-01-01T00:00:00Z. */
export function createVirtualClock(startMs = Date.UTC(2026, 0, 1)): VirtualClock {
  let nowMs = startMs;
  // A set keeps the order of insertion, which decides between timers of one instant.
  const timers = new Set<Timer>();

  const nextTimerAt = (): number | undefined => {
    let earliest: number | undefined;
    for (const timer of timers) if (earliest === undefined || timer.atMs < earliest) earliest = timer.atMs;
    return earliest;
  };
  const fire = (atMs: number): void => {
    nowMs = Math.max(nowMs, atMs);
    for (const timer of [...timers]) {
      // One of the same instant may have cancelled this one.
      if (timer.atMs <= atMs && timers.delete(timer)) timer.run();
    }
  };

  return {
    now: () => nowMs,
    setTimer(delayMs, run): CancelTimer {
      const timer = { atMs: nowMs + Math.max(0, delayMs), run };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      await eventLoopTurn();
      for (let at = nextTimerAt(); at !== undefined && at <= untilMs; at = nextTimerAt()) {
        fire(at);
        await eventLoopTurn();
      }
      nowMs = Math.max(nowMs, untilMs);
    },
    nextTimerAt,
  };
}
