import { contract } from '@backstitch/messaging';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sagaOn } from '../../src/index.js';
import { participantOn } from '../../src/participant/index.js';
import { createTestEngine, type TestEngine } from '../../src/testing/index.js';

/** What is in effect at the service: the handlers run on it inside the fence's transaction, which is not rolled back in memory, so it is a set. */
type Stock = Set<string>;
const shop = contract('shop', {
  hold: {
    request: z.object({ order: z.string(), sku: z.string() }),
    reply: z.object({ sku: z.string() }),
    errors: { SOLD_OUT: z.object({}) },
  },
  drop: { request: z.object({ order: z.string(), sku: z.string() }) },
});
const saga = sagaOn<Stock>();
const input = z.object({ order: z.string(), skus: z.array(z.string()) });
const hold = (sku: string) =>
  ({
    with: ({ input: given }: { input: { order: string } }) => ({ order: given.order, sku }),
    compensate: { command: shop.drop, with: ({ sent }: { sent: { order: string; sku: string } }) => sent },
    timeout: '5s',
  }) as const;
const packing = saga('packing', { version: 1, input })
  .local('box', ({ trx, input: given }) => void trx.add(`${given.order} box`), {
    compensate: ({ trx, input: given }) => void trx.delete(`${given.order} box`),
  })
  .invoke('tape', shop.hold, hold('tape'))
  .build();
const fulfil = saga('fulfil', { version: 1, input })
  .invokeEach('hold', shop.hold, {
    over: ({ input: given }) => given.skus,
    with: ({ item, input: given }) => ({ order: given.order, sku: item }),
    compensate: { command: shop.drop, with: ({ sent }) => sent },
    concurrency: 2,
    timeout: '5s',
  })
  .parallel((side) =>
    side.child('pack', packing, { with: (context) => context.input }).invoke('wrap', shop.hold, hold('wrap')),
  )
  .invoke('last', shop.hold, {
    ...hold('last'),
    with: ({ input: given }) => ({ order: given.order, sku: given.order.startsWith('poor') ? 'none' : 'last' }),
  })
  .build();

let engine: TestEngine<Stock>;
let stock: Stock;
afterEach(() => engine.close());

async function open(seed: number, onCommand: () => void): Promise<void> {
  stock = new Set();
  const service = participantOn<Stock>()(shop, {
    hold: ({ trx, command: { payload }, decline }) => {
      onCommand();
      if (payload.sku === 'none') return decline('SOLD_OUT', {});
      trx.add(`${payload.order} ${payload.sku}`);
      return { sku: payload.sku };
    },
    drop: ({ trx, command: { payload } }) => {
      onCommand();
      trx.delete(`${payload.order} ${payload.sku}`);
    },
  });
  const faults = { duplicateChance: 0.2, duplicateWithinMs: 20_000, delayChance: 0.3, lossAfterAckChance: 0.1 };
  engine = await createTestEngine<Stock>({ sagas: [fulfil], participants: [service], trx: stock, seed, faults });
}

/** Whenever the engine was killed meanwhile, another one goes on. */
async function end(id: string): Promise<void> {
  for (;;) {
    try {
      await engine.until(id, ({ status }) => status === 'completed' || status === 'compensated');
      return;
    } catch (error) {
      if (engine.process.isRunning()) throw error;
      await engine.process.restart();
    }
  }
}

describe('lists and children, with a network that misbehaves and an engine that is killed,', () => {
  it.each(Array.from({ length: 25 }, (_, index) => index + 1))(
    'end with their effects or with none (seed %i)',
    async (seed) => {
      let commands = 0;
      // Somewhere in the middle of it: which command it is follows from the seed.
      await open(seed, () => {
        commands += 1;
        if (commands === (seed * 7) % 19) engine.process.crash();
      });
      const started = [];
      for (const order of ['rich-1', 'poor-2', 'rich-3', 'poor-4'])
        started.push(await engine.start(fulfil, { input: { order, skus: ['a', 'b', 'c'] } }));
      for (const { id } of started) await end(id);
      const views = await Promise.all(started.map(({ id }) => engine.find(id)));
      const whole = ['a', 'b', 'box', 'c', 'last', 'tape', 'wrap'];
      const expected = views.flatMap((view, index) => {
        const order = ['rich-1', 'poor-2', 'rich-3', 'poor-4'][index] ?? '';
        return view?.status === 'completed' ? whole.map((sku) => `${order} ${sku}`) : [];
      });
      expect([...stock].sort()).toEqual(expected.sort());
      expect(views[1]?.status).toBe('compensated');
      expect(await engine.violations()).toEqual([]);
    },
  );
});
