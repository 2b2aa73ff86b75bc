import { contract } from '@backstitch/messaging';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sagaOn } from '../../src/index.js';
import { declined, testSaga } from '../../src/testing/index.js';

const saga = sagaOn<never>();
const stock = contract('stock', {
  hold: {
    request: z.object({ sku: z.string() }),
    reply: z.object({ place: z.string() }),
    errors: { SOLD_OUT: z.object({}) },
  },
  drop: { request: z.object({ sku: z.string() }) },
  charge: { request: z.object({}), errors: { POOR: z.object({}) } },
});
const parcel = saga('parcel', { version: 1, input: z.object({ places: z.array(z.string()) }) })
  .local('box', () => ({ box: 'b1' }), { compensate: 'nothing to undo' })
  .output(({ steps }) => steps.box);

const ship = saga('ship', { version: 1, input: z.object({ skus: z.array(z.string()) }) })
  .invokeEach('hold', stock.hold, {
    over: ({ input }) => input.skus,
    with: ({ item }) => ({ sku: item }),
    compensate: { command: stock.drop, with: ({ item }) => ({ sku: item }) },
    concurrency: 2,
  })
  .child('pack', parcel, { with: ({ steps }) => ({ places: steps.hold.map(({ place }) => place) }) })
  .invoke('charge', stock.charge, { with: () => ({}), compensate: 'nothing to undo' })
  .output(({ steps }) => ({ box: steps.pack.box, places: steps.hold.map(({ place }) => place) }));

const base = testSaga(ship)
  .given({ skus: ['a', 'b', 'c'] })
  .when(stock.hold, ({ sku }) => ({ reply: { place: `shelf ${sku}` } }))
  .child('pack', { output: { box: 'b1' }, after: '1h' });

describe('a test of a list and a child', () => {
  it('answers items by their payload, and the child by its stub', async () => {
    const run = await base.run();
    expect(run.output).toEqual({ box: 'b1', places: ['shelf a', 'shelf b', 'shelf c'] });
    expect(run.steps.hold).toEqual([{ place: 'shelf a' }, { place: 'shelf b' }, { place: 'shelf c' }]);
    expect(run.children).toEqual([
      { step: 'pack', saga: 'parcel', input: { places: ['shelf a', 'shelf b', 'shelf c'] }, at: 0 },
    ]);
    expect(run.clockMs).toBe(3_600_000);
    expect(run.trace).toEqual(['+hold[0]', '+hold[1]', '+hold[2]', '+hold', '+pack', '+charge']);
  });

  it('undoes what had its effect where one item is refused', async () => {
    const run = await base
      .when(stock.hold, ({ sku }) =>
        sku === 'c' ? declined(stock.hold, 'SOLD_OUT', {}) : { reply: { place: `shelf ${sku}` } },
      )
      .run();
    expect(run.failure).toMatchObject({ step: 'hold[2]', code: 'SOLD_OUT' });
    expect(run.undone.filter((step) => step !== 'hold').sort()).toEqual(['hold[0]', 'hold[1]']);
    expect(run.children).toEqual([]);
  });

  it('turns back where the child undoes itself, and takes a child back that has completed', async () => {
    const refused = await base.child('pack', { compensated: { code: 'NO_BOX' } }).run();
    expect(refused.failure).toMatchObject({ step: 'pack', code: 'NO_BOX' });
    const poor = await base.when(stock.charge, declined(stock.charge, 'POOR', {})).run();
    expect(poor.status).toBe('compensated');
    expect(poor.undone.slice(0, 1)).toEqual(['pack']);
  });

  it('turns back a child that is under way', async () => {
    const run = await base.at('30m', { kind: 'compensate', code: 'FRAUD' }).run();
    expect(run.failure).toMatchObject({ code: 'FRAUD' });
    expect([run.status, run.clockMs]).toEqual(['compensated', 1_800_000]);
  });

  it('says what a child is to answer where nobody does', async () => {
    const silent = testSaga(ship).given({ skus: [] });
    await expect(silent.run()).rejects.toMatchObject({ code: 'OPTION_INVALID', fields: { step: 'pack' } });
    expect(() => base.child('hold' as never, { output: {} as never })).toThrow("has no child 'hold'");
  });

  it('corrects a payload by an operator’s word', async () => {
    const strict = saga('strict', { version: 1, input: z.object({}) })
      .invoke('hold', stock.hold, {
        with: () => {
          throw new Error('which?');
        },
        compensate: 'nothing to undo',
      })
      .build();
    const run = await testSaga(strict)
      .given({})
      .when(stock.hold, ({ sku }) => ({ reply: { place: sku } }))
      .at('1m', { kind: 'retry', correction: { step: 'hold', data: { sku: 'x' } } })
      .run();
    expect(run.steps.hold).toEqual({ place: 'x' });
    expect(run.trace).toEqual(['parked:hold:AUTHOR_CODE_FAILED', 'corrected:hold', 'unparked', '+hold']);
  });
});
