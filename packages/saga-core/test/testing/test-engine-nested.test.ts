import { contract } from '@backstitch/messaging';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { replayJournal, sagaOn } from '../../src/index.js';
import { participantOn } from '../../src/participant/index.js';
import { createTestEngine, type TestEngine } from '../../src/testing/index.js';

const stock = contract('stock', {
  hold: {
    request: z.object({ sku: z.string() }),
    reply: z.object({ place: z.string() }),
    errors: { NONE: z.object({}) },
  },
  free: { request: z.object({ sku: z.string() }) },
});

const picking = sagaOn<unknown>()('picking', { version: 1, input: z.object({ skus: z.array(z.string()) }) })
  .invokeEach('hold', stock.hold, {
    over: ({ input }) => input.skus,
    with: ({ item }) => ({ sku: item }),
    compensate: { command: stock.free, with: ({ sent }) => sent },
  })
  .sleep('walk', '2h')
  .output(({ steps }) => ({ places: steps.hold.map(({ place }) => place) }));

const shipping = sagaOn<unknown>()('shipping', { version: 1, input: z.object({ skus: z.array(z.string()) }) })
  .child('pick', picking, { with: ({ input }) => input })
  .local('label', ({ input }) => ({ heavy: input.skus.length > 2 }), { compensate: 'nothing to undo' })
  .waitFor('collect', z.object({}), { timeout: '1d', onTimeout: 'compensate' })
  .output(({ steps }) => steps.pick);

let held: Set<string>;
let engine: TestEngine<unknown>;
beforeEach(async () => {
  held = new Set();
  const holder = participantOn<unknown>()(stock, {
    hold: ({ command: { payload }, decline }) => {
      if (payload.sku === 'none') return decline('NONE', {});
      held.add(payload.sku);
      return { place: `p-${payload.sku}` };
    },
    free: ({ command }) => void held.delete(command.payload.sku),
  });
  engine = await createTestEngine<unknown>({ sagas: [shipping], participants: [holder], trx: null });
});
afterEach(() => engine.close());

const replayAll = async (): Promise<void> => {
  const definitions = { shipping, picking };
  for (const recording of await engine.recordings()) {
    const report = replayJournal(definitions[recording.saga as keyof typeof definitions], recording);
    expect(report.divergences, report.text).toEqual([]);
  }
};

it('runs a child and its list, and what they did replays', async () => {
  const { id } = await engine.start(shipping, { input: { skus: ['tea', 'jam', 'rum'] } });
  await engine.until(id, ({ steps }) => steps['collect']?.status === 'dispatched', { within: '2h' });
  await engine.signal(id, { step: 'collect', id: 'c1', body: {} });
  expect((await engine.until(id, 'completed')).output).toEqual({ places: ['p-tea', 'p-jam', 'p-rum'] });
  expect(await engine.violations()).toEqual([]);
  await replayAll();
});

it('undoes a completed child when its parent turns back, item by item', async () => {
  const { id } = await engine.start(shipping, { input: { skus: ['tea', 'jam'] } });
  await engine.until(id, 'compensated', { within: '3d' });
  expect(held.size).toBe(0);
  expect((await engine.recordings()).map(({ saga }) => saga).sort()).toEqual(['picking', 'shipping']);
  expect(await engine.violations()).toEqual([]);
  await replayAll();
});

it('turns back where an item of the child is declined', async () => {
  const { id } = await engine.start(shipping, { input: { skus: ['tea', 'none'] } });
  const view = await engine.until(id, 'compensated');
  expect(view.failure).toMatchObject({ step: 'pick', code: 'NONE' });
  expect(held.size).toBe(0);
  expect(await engine.violations()).toEqual([]);
  await replayAll();
});
