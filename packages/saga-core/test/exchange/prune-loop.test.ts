import { silentLogger } from '@backstitch/messaging';
import { createVirtualClock } from '@backstitch/messaging/testing';
import { expect, it } from 'vitest';
import { createPruneLoop } from '../../src/exchange/prune-loop.js';

function loopOf(batches: readonly (number | Error)[]) {
  const clock = createVirtualClock();
  const told: object[] = [];
  const warned: object[] = [];
  let runs = 0;
  const loop = createPruneLoop({
    what: 'rows',
    runOnce: async () => {
      const batch = batches[runs] ?? 0;
      runs += 1;
      if (batch instanceof Error) throw batch;
      return { rows: batch };
    },
    ...{ batchSize: 10, intervalMs: 60_000, clock },
    logger: {
      ...silentLogger,
      info: (fields: object) => void told.push(fields),
      warn: (fields: object) => void warned.push(fields),
    },
  });
  return { loop, clock, told, warned, runs: () => runs };
}

it('rests shortly behind a full batch and for its interval behind the last one', async () => {
  const { loop, clock, told, runs } = loopOf([10, 10, 3]);
  loop.start();
  loop.start();
  await clock.advance(50);
  expect(runs()).toBe(1);
  await clock.advance(200);
  expect(runs()).toBe(3);
  await clock.advance(59_000);
  expect(runs()).toBe(3);
  await clock.advance(2_000);
  expect([runs(), told]).toEqual([4, [{ rows: 10 }, { rows: 10 }, { rows: 3 }]]);
  await loop.stop();
  expect(clock.nextTimerAt()).toBeUndefined();
});

it('goes on after an error, which it tells', async () => {
  const { loop, clock, warned, runs } = loopOf([new Error('no connection'), 1]);
  loop.start();
  await clock.advance(60_001);
  await loop.stop();
  expect([runs(), warned.length]).toEqual([2, 1]);
});

it('can be started again after it was stopped', async () => {
  const { loop, clock, runs } = loopOf([]);
  loop.start();
  await clock.advance(1);
  await loop.stop();
  await clock.advance(600_000);
  expect(runs()).toBe(1);
  loop.start();
  await clock.advance(1);
  await loop.stop();
  expect(runs()).toBe(2);
});
