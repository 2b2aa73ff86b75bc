import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createTopicRates } from '../../src/relay/topic-rates.js';

it('lets topics without a rate go as they like', () => {
  const rates = createTopicRates({ slow: 1 });
  expect(rates.allowance('orders', 0)).toBe(Number.POSITIVE_INFINITY);
  expect(rates.waitMs('orders', 0)).toBe(0);
  expect(rates.roomFor('orders')).toBe(Number.POSITIVE_INFINITY);
});

it('says how long until the next row may go, and then lets it go', () => {
  const rates = createTopicRates({ slow: 2 });
  expect(rates.allowance('slow', 0)).toBe(1);
  rates.spend('slow', 1);
  expect(rates.allowance('slow', 499)).toBe(0);
  expect(rates.waitMs('slow', 499)).toBe(1);
  expect(rates.allowance('slow', 500)).toBe(1);
});

it('never lets more go in any time than the rate and one full bucket', () => {
  const steps = fc.array(fc.nat(700), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), steps, (rate, pauses) => {
      const rates = createTopicRates({ t: rate });
      let nowMs = 0;
      let sent = 0;
      for (const pause of pauses) {
        nowMs += pause;
        const rows = rates.allowance('t', nowMs);
        rates.spend('t', rows);
        sent += rows;
        expect(sent).toBeLessThanOrEqual((nowMs / 1_000) * rate + Math.max(1, rate / 4) + 1e-3);
        const waitMs = rates.waitMs('t', nowMs);
        expect(waitMs).toBeGreaterThan(0);
        expect(createTopicRates({ t: rate }).waitMs('t', nowMs)).toBe(0);
      }
    }),
  );
});
