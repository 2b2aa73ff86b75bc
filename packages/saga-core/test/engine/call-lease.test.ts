import { createVirtualClock } from '@backstitch/messaging/testing';
import { describe, expect, it } from 'vitest';
import { createCallLease } from '../../src/engine/call-lease.js';

/** A lease whose heartbeat is 30 s, and so renewed every 10 s at most; lost in doubt 2.5 s after its end. */
function open(renew: () => Promise<boolean> = async () => true) {
  const clock = createVirtualClock(0);
  const renewedAt: number[] = [];
  const troubles: unknown[] = [];
  const lease = createCallLease({
    heartbeatMs: 30_000,
    renew: () => {
      renewedAt.push(clock.now());
      return renew();
    },
    onTrouble: (error) => troubles.push(error),
    monotonicNowMs: clock.now,
    setTimer: clock.setTimer,
  });
  return { clock, lease, renewedAt, troubles };
}
const why = ({ signal }: { readonly signal: AbortSignal }): unknown => (signal.reason as Error | undefined)?.message;

describe('the lease of a call', () => {
  it('is renewed by itself until its code runs', async () => {
    const { clock, lease, renewedAt } = open();
    await clock.advance(45_000);
    expect(renewedAt).toEqual([10_000, 20_000, 30_000, 40_000]);
    lease.begin();
    await clock.advance(29_000);
    expect(lease.signal.aborted).toBe(false);
    await clock.advance(1_000);
    expect(why(lease)).toBe('it said nothing for 30000 ms');
    expect(renewedAt).toEqual([10_000, 20_000, 30_000, 40_000, 50_000]);
    expect(clock.nextTimerAt()).toBeUndefined();
  });

  it('is renewed three times a heartbeat however often its code speaks', async () => {
    const { clock, lease, renewedAt } = open();
    lease.begin();
    for (let tick = 0; tick < 599; tick += 1) {
      lease.heartbeat();
      await clock.advance(100);
    }
    expect(renewedAt).toEqual([10_000, 20_000, 30_000, 40_000, 50_000]);
    expect(lease.signal.aborted).toBe(false);
  });

  it('is renewed for every word, in its turn where it came soon after the last one', async () => {
    const { clock, lease, renewedAt } = open();
    lease.begin();
    await clock.advance(9_000);
    lease.heartbeat();
    await clock.advance(29_000);
    expect(renewedAt).toEqual([10_000]);
    lease.heartbeat();
    await clock.advance(29_000);
    expect(renewedAt).toEqual([10_000, 38_000]);
    expect(lease.signal.aborted).toBe(false);
  });

  it('that is lost stops its code at once', async () => {
    const { clock, lease } = open(async () => false);
    lease.begin();
    await clock.advance(12_000);
    lease.heartbeat();
    await clock.advance(0);
    expect(why(lease)).toMatch(/^its lease is lost/);
    lease.heartbeat();
    expect(clock.nextTimerAt()).toBeUndefined();
  });

  it('that cannot be renewed is tried again, and given up before somebody else may begin', async () => {
    const { clock, lease, renewedAt, troubles } = open(async () => {
      throw new Error('no database');
    });
    lease.begin();
    for (let second = 0; second < 32; second += 1) {
      lease.heartbeat();
      await clock.advance(1_000);
    }
    expect(renewedAt).toEqual([10_000, 20_000, 30_000]);
    expect(troubles).toHaveLength(3);
    expect(lease.signal.aborted).toBe(false);
    await clock.advance(1_000);
    expect(why(lease)).toMatch(/^its lease could not be renewed/);
  });

  it('whose renewal does not come back is given up, too', async () => {
    const { clock, lease } = open(() => new Promise(() => undefined));
    lease.begin();
    for (let second = 0; second < 33; second += 1) {
      lease.heartbeat();
      await clock.advance(1_000);
    }
    expect(why(lease)).toMatch(/^its lease could not be renewed/);
  });

  it('leaves no timer behind', async () => {
    const { clock, lease } = open();
    await clock.advance(12_000);
    lease.end();
    expect(clock.nextTimerAt()).toBeUndefined();
  });
});
