import type { CommandEnvelope } from '@backstitch/messaging';
import { describe, expect, it } from 'vitest';
import { createCommandBatcher } from '../../src/participant/command-batcher.js';

const some = (count: number): readonly CommandEnvelope[] =>
  Array.from({ length: count }, (_, place) => ({ sagaId: `s${place}` }) as CommandEnvelope);
const { signal } = new AbortController();

describe('the batcher', () => {
  it('puts into one batch what several partitions bring at a time, and the rest into the next', async () => {
    const sizes: number[] = [];
    const batcher = createCommandBatcher({
      maxCommands: 10,
      process: async (commands) => {
        sizes.push(commands.length);
        return 'handled';
      },
    });
    const answers = await Promise.all([3, 4, 5, 2].map((count) => batcher.handle(some(count), signal)));
    expect(answers).toEqual(['handled', 'handled', 'handled', 'handled']);
    expect(sizes).toEqual([7, 7]);
  });

  it('does not part what one partition brings', async () => {
    const sizes: number[] = [];
    const batcher = createCommandBatcher({
      maxCommands: 2,
      process: async (commands) => {
        sizes.push(commands.length);
        return 'apart';
      },
    });
    expect(await Promise.all([batcher.handle(some(5), signal), batcher.handle(some(1), signal)])).toEqual([
      'apart',
      'apart',
    ]);
    expect(sizes).toEqual([5, 1]);
  });

  it('has one batch under way, and gathers meanwhile', async () => {
    let underWay = 0;
    const sizes: number[] = [];
    const later: Promise<unknown>[] = [];
    const batcher = createCommandBatcher({
      maxCommands: 100,
      async process(commands) {
        underWay += 1;
        expect(underWay).toBe(1);
        sizes.push(commands.length);
        if (sizes.length === 1) later.push(batcher.handle(some(2), signal), batcher.handle(some(3), signal));
        await new Promise((resolve) => setImmediate(resolve));
        underWay -= 1;
        return 'handled';
      },
    });
    await batcher.handle(some(1), signal);
    await Promise.all(later);
    expect(sizes).toEqual([1, 5]);
  });

  it('tells a failure to all that were in it, and goes on', async () => {
    let count = 0;
    const batcher = createCommandBatcher({
      maxCommands: 100,
      async process() {
        count += 1;
        if (count === 1) throw new Error('the database is away');
        return 'handled';
      },
    });
    const ended = await Promise.allSettled([batcher.handle(some(1), signal), batcher.handle(some(1), signal)]);
    expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await batcher.handle(some(1), signal)).toBe('handled');
  });

  it('leaves out what was taken away from this process before it began', async () => {
    const gone = new AbortController();
    const sizes: number[] = [];
    const batcher = createCommandBatcher({
      maxCommands: 100,
      process: async (commands) => {
        sizes.push(commands.length);
        return 'handled';
      },
    });
    const lost = batcher.handle(some(4), gone.signal);
    const kept = batcher.handle(some(2), signal);
    gone.abort(new Error('rebalanced'));
    await expect(lost).rejects.toThrow('rebalanced');
    expect(await kept).toBe('handled');
    expect(sizes).toEqual([2]);
  });
});
