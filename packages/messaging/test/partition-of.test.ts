import { describe, expect, it } from 'vitest';
import { murmur2, partitionOf } from '../src/partition-of.js';

describe('partitionOf', () => {
  // The vectors of Apache Kafka's UtilsTest.testMurmur2.
  it.each([
    ['21', -973_932_308],
    ['foobar', -790_332_482],
    ['a-little-bit-long-string', -985_981_536],
    ['a-little-bit-longer-string', -1_486_304_829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
    ['abc', 479_470_107],
  ])('hashes %s as Kafka does', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  it('uses every partition and keeps a key on one', () => {
    const keys = Array.from({ length: 200 }, (_, at) => `order-${at}`);
    expect(new Set(keys.map((key) => partitionOf(key, 7)))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
    for (const key of keys) expect(partitionOf(key, 7)).toBe(partitionOf(key, 7));
  });
});
