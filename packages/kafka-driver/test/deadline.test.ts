import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { inTime } from '../src/deadline.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('answers what came in time, and leaves no timer', async () => {
  expect(await inTime(Promise.resolve(7), 1000)).toEqual({ kind: 'done', value: 7 });
  expect(vi.getTimerCount()).toBe(0);
});

it('passes a rejection on, and leaves no timer', async () => {
  await expect(inTime(Promise.reject(new Error('broken')), 1000)).rejects.toThrow('broken');
  expect(vi.getTimerCount()).toBe(0);
});

it('answers that it is late, and drops what comes after, a rejection too', async () => {
  let reject: (error: Error) => void = () => undefined;
  const work = new Promise<never>((_, onReject) => {
    reject = onReject;
  });
  const waiting = inTime(work, 1000);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await waiting).toEqual({ kind: 'late' });
  // An unhandled rejection would fail the run.
  reject(new Error('too late'));
  await vi.runAllTimersAsync();
});
