import { describe, expect, it } from 'vitest';
import { createRedeliveryDelays } from '../src/redelivery-delays.js';

describe('redelivery delays', () => {
  it('double with each rejection in a row, up to the most', () => {
    const delays = createRedeliveryDelays({ firstMs: 100, mostMs: 1000, now: () => 0 });
    expect([1, 2, 3, 4, 5, 6].map(() => delays.rejected('orders', 0))).toEqual([100, 200, 400, 800, 1000, 1000]);
  });

  it('run out with time, one partition apart from another', () => {
    let now = 0;
    const delays = createRedeliveryDelays({ firstMs: 100, mostMs: 1000, now: () => now });
    delays.rejected('orders', 0);
    now = 60;
    expect(delays.remainingMs('orders', 0)).toBe(40);
    expect(delays.remainingMs('orders', 1)).toBe(0);
    now = 100;
    expect(delays.remainingMs('orders', 0)).toBe(0);
  });

  it('begin anew after the handler resolved, and not because time has passed', () => {
    let now = 0;
    const delays = createRedeliveryDelays({ firstMs: 100, mostMs: 1000, now: () => now });
    delays.rejected('orders', 0);
    now = 5000;
    expect(delays.rejected('orders', 0)).toBe(200);
    delays.resolved('orders', 0);
    expect(delays.remainingMs('orders', 0)).toBe(0);
    expect(delays.rejected('orders', 0)).toBe(100);
  });

  it('stay finite after a thousand rejections', () => {
    const delays = createRedeliveryDelays({ firstMs: 100, mostMs: 5000, now: () => 0 });
    for (let at = 0; at < 1000; at++) delays.rejected('orders', 0);
    expect(delays.rejected('orders', 0)).toBe(5000);
  });
});
