import { expect, it } from 'vitest';
import { recordBytes } from '../src/record-bytes.js';
import { createSendCall } from '../src/send-call.js';
import { splitRequests } from '../src/split-requests.js';

const record = (topic: string, bytes: number) => ({ topic, key: 'k', value: 'x'.repeat(bytes) });
const split = (sizes: readonly (readonly [string, number])[], limits: { bytesPerTopic: number; records: number }) =>
  splitRequests(createSendCall(sizes.map(([topic, bytes]) => record(topic, bytes))).entries, limits).map((request) =>
    request.map(({ index }) => index),
  );

it('keeps each topic of a request below the limit, and the order', () => {
  const bytesPerTopic = recordBytes(record('a', 100)) * 2;
  expect(
    split(
      [
        ['a', 100],
        ['a', 100],
        ['b', 100],
        ['a', 100],
        ['b', 100],
      ],
      { bytesPerTopic, records: 10 },
    ),
  ).toEqual([
    [0, 1, 2],
    [3, 4],
  ]);
});

it('sends a record over the limit alone in its topic', () => {
  expect(
    split(
      [
        ['a', 1],
        ['a', 5000],
        ['a', 1],
      ],
      { bytesPerTopic: 1000, records: 10 },
    ),
  ).toEqual([[0], [1], [2]]);
});

it('limits the records of a request', () => {
  expect(
    split(
      [
        ['a', 1],
        ['a', 1],
        ['a', 1],
      ],
      { bytesPerTopic: 10_000, records: 2 },
    ),
  ).toEqual([[0, 1], [2]]);
});

it('makes no request of nothing', () => {
  expect(split([], { bytesPerTopic: 1, records: 1 })).toEqual([]);
});
