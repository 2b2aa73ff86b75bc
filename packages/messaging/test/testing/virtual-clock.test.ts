import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/testing/index.js';

describe('a virtual clock', () => {
  it('stands still until it is moved', async () => {
    const clock = createVirtualClock(1_000);
    expect(clock.now()).toBe(1_000);
    await clock.advance(5);
    expect(clock.now()).toBe(1_005);
  });

  it('fires timers in the order of their instants, then in the order of setting, each at its own instant', async () => {
    const clock = createVirtualClock(0);
    const fired: string[] = [];
    const note = (name: string) => () => fired.push(`${name}@${clock.now()}`);
    clock.setTimer(20, note('late'));
    clock.setTimer(10, note('first'));
    clock.setTimer(10, note('second'));
    clock.setTimer(31, note('beyond'));
    await clock.advance(30);
    expect(fired).toEqual(['first@10', 'second@10', 'late@20']);
    expect(clock.nextTimerAt()).toBe(31);
  });

  it('follows a loop that sets its next timer after an await', async () => {
    const clock = createVirtualClock(0);
    const rounds: number[] = [];
    const loop = async (): Promise<void> => {
      await Promise.resolve();
      rounds.push(clock.now());
      clock.setTimer(10, () => void loop());
    };
    await loop();
    await clock.advance(35);
    expect(rounds).toEqual([0, 10, 20, 30]);
  });

  it('does not fire what was cancelled, not even by another timer of the same instant', async () => {
    const clock = createVirtualClock(0);
    const fired: string[] = [];
    const cancels: (() => void)[] = [];
    clock.setTimer(10, () => cancels[0]?.());
    cancels.push(clock.setTimer(10, () => fired.push('cancelled')));
    await clock.advance(10);
    expect(fired).toEqual([]);
    expect(clock.nextTimerAt()).toBeUndefined();
  });
});
