import { expect, it } from 'vitest';
import { runLoad } from '../src/load.js';

it('keeps the given number under way and no more', async () => {
  let underWay = 0;
  let most = 0;
  const run = async (): Promise<void> => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
  };
  const { latenciesMs } = await runLoad({ total: 20, inFlight: 4, run });
  expect(most).toBe(4);
  expect(latenciesMs).toHaveLength(20);
});

it('measures each run by the given clock', async () => {
  let now = 0;
  const run = async (index: number): Promise<void> => {
    now += index + 1;
  };
  expect(await runLoad({ total: 3, inFlight: 1, run, nowMs: () => now })).toEqual({
    elapsedMs: 6,
    latenciesMs: [1, 2, 3],
  });
});

it('throws the first failure and begins nothing after it', async () => {
  const begun: number[] = [];
  const run = async (index: number): Promise<void> => {
    begun.push(index);
    if (index === 1) throw new Error('declined');
  };
  await expect(runLoad({ total: 100, inFlight: 1, run })).rejects.toThrow('declined');
  expect(begun).toEqual([0, 1]);
});
