import { describe, expect, it } from 'vitest';
import { createLaneQueue } from '../../src/relay/lane-queue.js';
import { claimedRow } from './claimed-row.js';

const limits = { maxRows: 10, maxBytes: 1_000_000 };

describe('the lane queue', () => {
  it('gives rows in the order they came, as many as fit', () => {
    const queue = createLaneQueue({ maxHeld: 10 });
    const rows = [claimedRow(), claimedRow({ key: 'other' }), claimedRow()];
    expect(queue.offer(rows, 0)).toEqual([]);
    expect(queue.take('t', { maxRows: 2, maxBytes: 1_000 }, 0).batch).toEqual(rows.slice(0, 2));
    expect(queue.take('t', { maxRows: 2, maxBytes: 1_000 }, 0).batch).toEqual(rows.slice(2));
    expect([queue.waiting(), queue.held()]).toEqual([0, 3]);
    queue.forget(rows);
    expect(queue.held()).toBe(0);
  });

  it('cuts a batch by bytes, but never to nothing', () => {
    const queue = createLaneQueue({ maxHeld: 10 });
    const rows = [
      claimedRow({ payload: 'x'.repeat(100) }),
      claimedRow({ payload: 'x'.repeat(40) }),
      claimedRow({ payload: 'x'.repeat(40) }),
    ];
    queue.add(rows, 0);
    expect(queue.take('t', { maxRows: 10, maxBytes: 90 }, 0).batch).toEqual(rows.slice(0, 1));
    expect(queue.take('t', { maxRows: 10, maxBytes: 90 }, 0).batch).toEqual(rows.slice(1));
  });

  it('leaves a row behind a stranger to the claim, and all that comes behind it in its lane', () => {
    const queue = createLaneQueue({ maxHeld: 10 });
    const rows = [claimedRow({ behind: 'stranger' }), claimedRow(), claimedRow({ key: 'other' })];
    expect(queue.offer(rows, 0)).toEqual(rows.slice(0, 2));
    expect(queue.take('t', limits, 0).batch).toEqual(rows.slice(2));
  });

  it('takes a row behind one that it holds, also while that is sent and not settled', () => {
    const queue = createLaneQueue({ maxHeld: 10 });
    const head = claimedRow();
    queue.offer([head], 0);
    queue.take('t', limits, 0);
    const next = claimedRow({ behind: head.id });
    expect(queue.offer([next], 0)).toEqual([]);
    queue.forget([head, next]);
    expect(queue.offer([claimedRow({ behind: head.id })], 0)).toHaveLength(1);
  });

  it('does not tie unordered rows to a lane', () => {
    const queue = createLaneQueue({ maxHeld: 10 });
    const unordered = claimedRow({ ordered: false });
    expect(queue.offer([claimedRow({ behind: 'stranger' }), unordered], 0)).toHaveLength(1);
    expect(queue.block([claimedRow()])).toEqual([]);
    expect(queue.take('t', limits, 0).batch).toEqual([unordered]);
  });

  it('never sends a row whose lease has ended, and gives back what is behind it', () => {
    const queue = createLaneQueue({ maxHeld: 10 });
    const rows = [claimedRow({ leaseEndsAtMs: 50 }), claimedRow(), claimedRow({ key: 'other' })];
    queue.offer(rows, 0);
    expect(queue.take('t', limits, 50)).toEqual({ batch: rows.slice(2), givenBack: rows.slice(1, 2) });
    expect(queue.held()).toBe(1);
  });

  it('takes out what waits behind a row that was not sent', () => {
    const queue = createLaneQueue({ maxHeld: 10 });
    const rows = [claimedRow(), claimedRow(), claimedRow({ key: 'other' })];
    queue.offer(rows, 0);
    const [head] = queue.take('t', { maxRows: 1, maxBytes: 1_000 }, 0).batch;
    expect(queue.block(head === undefined ? [] : [head])).toEqual(rows.slice(1, 2));
    expect(queue.offer([claimedRow({ behind: rows[1]?.id ?? null })], 0)).toHaveLength(1);
    expect(queue.drain()).toEqual(rows.slice(2));
    expect(queue.held()).toBe(0);
  });

  it('holds no more than its bound, and keeps a lane whole where it cuts', () => {
    const queue = createLaneQueue({ maxHeld: 2 });
    const rows = [claimedRow(), claimedRow({ key: 'other' }), claimedRow(), claimedRow()];
    expect(queue.offer(rows, 0)).toEqual(rows.slice(2));
    queue.forget(queue.take('t', { maxRows: 1, maxBytes: 1_000 }, 0).batch);
    expect(queue.offer([claimedRow({ behind: rows[3]?.id ?? null })], 0)).toHaveLength(1);
  });

  it('keeps the newer claim of an id when the older one is forgotten', () => {
    const queue = createLaneQueue({ maxHeld: 10 });
    const old = claimedRow({ leaseEndsAtMs: 10 });
    queue.add([old], 0);
    queue.add([{ ...old, epoch: 2, leaseEndsAtMs: 1_000 }], 0);
    queue.forget([old]);
    expect(queue.held()).toBe(1);
  });
});
