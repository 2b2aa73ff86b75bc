import { expect, it } from 'vitest';
import { createTimers } from '../src/timers.js';

it('fires the earliest first, those of one instant in the order in which they were set, and no cancelled one', () => {
  const timers = createTimers();
  const fired: string[] = [];
  timers.set(30, () => fired.push('late'));
  timers.set(10, () => fired.push('first'));
  const cancel = timers.set(5, () => fired.push('cancelled'));
  timers.set(10, () => fired.push('second'));
  timers.set(20, () => fired.push('middle'));
  cancel();
  expect(timers.nextAt()).toBe(10);
  while (timers.nextAt() !== undefined) timers.fire();
  expect(fired).toEqual(['first', 'second', 'middle', 'late']);
});

it('keeps any number of timers in order', () => {
  const timers = createTimers();
  const fired: number[] = [];
  for (let at = 0; at < 200; at += 1) {
    const when = (at * 7_919) % 200;
    timers.set(when, () => fired.push(when));
  }
  while (timers.nextAt() !== undefined) timers.fire();
  expect(fired).toEqual([...fired].sort((one, other) => one - other));
});
