import { expect, it } from 'vitest';
import { createFenceRetention, type FenceRetentionOptions } from '../../src/postgres/index.js';

const dayMs = 86_400_000;

function retention(options: Partial<FenceRetentionOptions<unknown>> = {}) {
  const asked: object[] = [];
  const command = (fenceRetentionMs: number) => ({ command: { fenceRetentionMs } }) as never;
  const participant = {
    handlers: new Map([
      ['reserve', command(30 * dayMs)],
      ['release', command(30 * dayMs)],
    ]),
  };
  const store = {
    async prune(prune: { readonly olderThanMs: number; readonly limit: number }) {
      asked.push(prune);
      return 3;
    },
  };
  return { asked, ...createFenceRetention({ store, participant, ...options }) };
}

it('keeps fence rows a day longer than the contract promises to remember, unless it is told longer', async () => {
  const [byDefault, longer] = [retention(), retention({ keepMs: 60 * dayMs, batchSize: 5 })];
  expect([await byDefault.runOnce(), await longer.runOnce()]).toEqual([{ fenceRows: 3 }, { fenceRows: 3 }]);
  expect(byDefault.asked).toEqual([{ olderThanMs: 31 * dayMs, limit: 1_000 }]);
  expect(longer.asked).toEqual([{ olderThanMs: 60 * dayMs, limit: 5 }]);
});

it('refuses to forget a command that may still be sent', () => {
  for (const keepMs of [30 * dayMs, 1]) {
    expect(() => retention({ keepMs })).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        fields: expect.objectContaining({ field: 'keepMs' }) as object,
      }),
    );
  }
});
