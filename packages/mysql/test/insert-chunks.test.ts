import { expect, it } from 'vitest';
import { insertChunks } from '../src/outbox/insert-chunks.js';

const rows = (count: number, payload = 'x') => Array.from({ length: count }, () => ({ payload }));
const lengths = (chunks: readonly (readonly unknown[])[]) => chunks.map((chunk) => chunk.length);

it('cuts rows into lengths that are powers of two, in their order', () => {
  expect(lengths(insertChunks(rows(1)))).toEqual([1]);
  expect(lengths(insertChunks(rows(77)))).toEqual([64, 8, 4, 1]);
  const numbered = Array.from({ length: 77 }, (_, n) => ({ payload: String(n) }));
  expect(insertChunks(numbered).flat()).toEqual(numbered);
});

it('puts no more into one statement than a packet holds, but always one row', () => {
  const half = 'x'.repeat(1024 * 1024);
  expect(lengths(insertChunks(rows(5, half)))).toEqual([2, 2, 1]);
  expect(lengths(insertChunks(rows(2, half.repeat(3))))).toEqual([1, 1]);
});
