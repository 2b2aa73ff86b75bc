import { createAssignment, createOneSignal, createRedeliveryDelays } from '@backstitch/kafka-driver';
import { type BatchHandler, silentLogger } from '@backstitch/messaging';
import type { EachBatchPayload } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBatchRunner } from '../src/run-batch.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A fetched batch of records with the offsets 10, 11, …; the batch itself may end later, with markers that are no records. */
function stage(handle: BatchHandler, options: { readonly records?: number; readonly lastOffset?: number } = {}) {
  const { records = 5 } = options;
  const { lastOffset = 10 + records - 1 } = options;
  const resolved: string[] = [];
  const flags = { running: true, stale: false };
  let beats = 0;
  const messages = Array.from({ length: records }, (_, at) => ({
    offset: String(10 + at),
    key: Buffer.from('k'),
    value: Buffer.from(String(10 + at)),
    timestamp: '0',
    attributes: 0,
    headers: {},
  }));
  const payload = {
    batch: { topic: 'orders', partition: 1, messages, lastOffset: () => String(lastOffset) },
    resolveOffset: (offset: string) => void resolved.push(offset),
    isRunning: () => flags.running,
    isStale: () => flags.stale,
  } as unknown as EachBatchPayload;
  const assignment = createAssignment();
  const abandon = createOneSignal();
  const delays = createRedeliveryDelays({ firstMs: 100, mostMs: 5000, now: () => Date.now() });
  const runBatch = createBatchRunner({
    handle,
    maxBatchRecords: 2,
    delays,
    limits: { maxRecordBytes: 1000, headerLimits: { count: 10, bytes: 100 } },
    heartbeatIntervalMs: 1000,
    logger: silentLogger,
  });
  const heartbeat = async (): Promise<void> => void beats++;
  const run = () => runBatch({ payload, assignment, heartbeat, abandoned: abandon.raised });
  return { resolved, flags, assignment, abandon, delays, run, beats: () => beats };
}

describe('a fetched batch', () => {
  it('is handed over in pieces, and passed piece by piece', async () => {
    const seen: (string | null)[][] = [];
    const { run, resolved, assignment } = stage(
      async ({ records }) => void seen.push(records.map(({ value }) => value)),
    );
    await run();
    expect(seen).toEqual([['10', '11'], ['12', '13'], ['14']]);
    expect(resolved).toEqual(['11', '13', '14']);
    expect(assignment.ledger.pending()).toEqual([{ topic: 'orders', partition: 1, offset: 15n }]);
  });

  it('is passed with the markers of transactions behind it', async () => {
    const { run, assignment } = stage(async () => undefined, { records: 2, lastOffset: 12 });
    await run();
    expect(assignment.ledger.pending()).toMatchObject([{ offset: 13n }]);
  });

  it('stays where its handler rejected, with what came before passed', async () => {
    const { run, resolved, assignment } = stage(async ({ records }) => {
      if (records[0]?.value === '12') throw new Error('the handler failed');
    });
    await expect(run()).resolves.toBeUndefined();
    expect(resolved).toEqual(['11']);
    expect(assignment.ledger.pending()).toMatchObject([{ offset: 12n }]);
  });

  it('counts a throw before the first await as a rejection', async () => {
    const { run, resolved, delays } = stage(() => {
      throw new Error('at once');
    });
    await expect(run()).resolves.toBeUndefined();
    expect(resolved).toEqual([]);
    expect(delays.remainingMs('orders', 1)).toBe(100);
  });

  it('is let go after a slice while its pause lasts, and handed over when it is over', async () => {
    const handle = vi.fn(async () => undefined);
    const { run, delays } = stage(handle, { records: 1 });
    for (let at = 0; at < 3; at++) delays.rejected('orders', 1);
    const slice = run();
    await vi.advanceTimersByTimeAsync(250);
    await slice;
    expect(handle).not.toHaveBeenCalled();
    const rest = run();
    await vi.advanceTimersByTimeAsync(149);
    expect(handle).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await rest;
    expect(handle).toHaveBeenCalledTimes(1);
    expect(delays.remainingMs('orders', 1)).toBe(0);
  });

  it('ends its pause at once when the partition is taken away', async () => {
    const handle = vi.fn(async () => undefined);
    const { run, delays, assignment } = stage(handle);
    delays.rejected('orders', 1);
    const waiting = run();
    assignment.leaving.abort();
    await waiting;
    expect(handle).not.toHaveBeenCalled();
  });

  it('is not begun, nor gone on with, when the partition is gone, stale or the consumer stopped', async () => {
    const handle = vi.fn<BatchHandler>();
    const gone = stage(handle);
    gone.assignment.leaving.abort();
    await gone.run();
    const stale = stage(handle);
    stale.flags.stale = true;
    await stale.run();
    expect(handle).not.toHaveBeenCalled();
    const stopped = stage(
      handle.mockImplementation(async () => {
        stopped.flags.running = false;
      }),
    );
    await stopped.run();
    expect(handle).toHaveBeenCalledTimes(1);
    expect(stopped.resolved).toEqual(['11']);
  });

  it('counts what a handler finished after its partition was taken away, and begins no further piece', async () => {
    const handle = vi.fn<BatchHandler>(async (_, { signal }) => {
      run.assignment.leaving.abort();
      expect(signal.aborted).toBe(true);
    });
    const run = stage(handle);
    await run.run();
    expect(handle).toHaveBeenCalledTimes(1);
    expect(run.assignment.ledger.pending()).toMatchObject([{ offset: 12n }]);
  });

  it('starts no pause for a handler that left because its partition is going', async () => {
    const run = stage(async () => {
      run.assignment.leaving.abort();
      throw new Error('left');
    });
    await run.run();
    expect(run.delays.remainingMs('orders', 1)).toBe(0);
  });

  it('keeps the member alive while a handler works, and no longer', async () => {
    const done = createOneSignal();
    const { run, beats } = stage(() => done.raised, { records: 1 });
    const running = run();
    await vi.advanceTimersByTimeAsync(3000);
    expect(beats()).toBe(6);
    done.raise();
    await running;
    await vi.advanceTimersByTimeAsync(3000);
    expect(beats()).toBe(6);
  });

  it('does not wait for a handler that was given up, and does not count it', async () => {
    const { run, abandon, resolved, assignment } = stage(() => new Promise(() => undefined));
    const running = run();
    abandon.raise();
    await running;
    expect(resolved).toEqual([]);
    expect(assignment.ledger.pending()).toEqual([]);
  });
});
