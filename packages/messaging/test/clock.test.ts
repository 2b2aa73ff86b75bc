import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../src/index.js';

describe('the system clock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('runs a timer once, when its delay has passed', () => {
    const run = vi.fn();
    systemClock.setTimer(50, run);
    vi.advanceTimersByTime(49);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(run).toHaveBeenCalledTimes(1);
    expect(systemClock.now()).toBe(2_049);
  });

  it('does not run a cancelled timer', () => {
    const run = vi.fn();
    systemClock.setTimer(50, run)();
    vi.advanceTimersByTime(100);
    expect(run).not.toHaveBeenCalled();
  });

  it('waits for a delay that setTimeout cannot hold, and cancels it half-way', () => {
    const run = vi.fn();
    const cancelled = vi.fn();
    const sixtyDaysMs = 60 * 86_400_000;
    systemClock.setTimer(sixtyDaysMs, run);
    const cancel = systemClock.setTimer(sixtyDaysMs, cancelled);
    vi.advanceTimersByTime(sixtyDaysMs - 1);
    expect(run).not.toHaveBeenCalled();
    cancel();
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledTimes(1);
    expect(cancelled).not.toHaveBeenCalled();
  });
});
