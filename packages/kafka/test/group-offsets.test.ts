import { expect, it } from 'vitest';
import { groupOffsets } from '../src/group-offsets.js';

it('gathers offsets by topic, as decimal strings', () => {
  const offsets = [
    { topic: 'orders', partition: 0, offset: 5n },
    { topic: 'payments', partition: 3, offset: 2n ** 60n },
    { topic: 'orders', partition: 1, offset: 6n },
  ];
  expect(groupOffsets(offsets)).toEqual({
    topics: [
      {
        topic: 'orders',
        partitions: [
          { partition: 0, offset: '5' },
          { partition: 1, offset: '6' },
        ],
      },
      { topic: 'payments', partitions: [{ partition: 3, offset: '1152921504606846976' }] },
    ],
  });
});
