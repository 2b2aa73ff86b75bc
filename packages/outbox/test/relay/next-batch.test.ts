import { describe, expect, it } from 'vitest';
import { type BatchRules, nextBatch } from '../../src/relay/next-batch.js';

const rules: BatchRules = {
  batchSize: 10,
  maxBatchAgeMs: 0,
  isInFlight: () => false,
  allowance: () => Number.POSITIVE_INFINITY,
  waitMs: () => 0,
};
const topic = (name: string, waiting = 1, sinceMs = 0) => ({ topic: name, waiting, sinceMs });

describe('the next batch', () => {
  it('is of the first topic that nothing is under way for', () => {
    const next = nextBatch([topic('a'), topic('b')], 0, { ...rules, isInFlight: (name) => name === 'a' });
    expect(next).toEqual({ kind: 'send', topic: 'b', maxRows: 10 });
  });

  it('waits until it is full or old enough', () => {
    const aged = { ...rules, maxBatchAgeMs: 50 };
    expect(nextBatch([topic('a', 9, 100), topic('b', 9, 110)], 120, aged)).toEqual({ kind: 'wait', ms: 30 });
    expect(nextBatch([topic('a', 9, 100), topic('b', 10, 119)], 120, aged)).toMatchObject({ topic: 'b' });
    expect(nextBatch([topic('a', 1, 100)], 150, aged)).toMatchObject({ topic: 'a' });
  });

  it('is no larger than the rate allows, and waits where it allows nothing', () => {
    const slow = { ...rules, allowance: (name: string) => (name === 'a' ? 0 : 3), waitMs: () => 40 };
    expect(nextBatch([topic('a', 50), topic('b', 50)], 0, slow)).toEqual({ kind: 'send', topic: 'b', maxRows: 3 });
    expect(nextBatch([topic('a', 50)], 0, slow)).toEqual({ kind: 'wait', ms: 40 });
  });

  it('waits for something to happen where nothing waits or all is under way', () => {
    expect(nextBatch([], 0, rules)).toEqual({ kind: 'wait', ms: undefined });
    expect(nextBatch([topic('a')], 0, { ...rules, isInFlight: () => true })).toEqual({ kind: 'wait', ms: undefined });
  });
});
