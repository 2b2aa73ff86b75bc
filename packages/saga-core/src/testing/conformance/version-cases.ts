import assert from 'node:assert/strict';
import type { Standing } from '../../engine/saga-store.js';
import { insertSample, insertSamples, letter, loadOne, placeOrder, saveOne, succeeded } from './sample-instance.js';
import type { SagaStoreCase } from './saga-store-subject.js';

const finished = { state: { status: 'completed' }, wakeAt: null } as const;
const second = { ...placeOrder, version: 2, hash: 'bb22' };

export const versionCases: readonly SagaStoreCase[] = [
  {
    name: 'tells the live instances of a definition in pages, parked and paused ones too, and no other',
    async run(stage) {
      const parked = { at: 0, from: 'running', code: 'X', message: 'x' } as const;
      const ids = await insertSamples(
        stage,
        {},
        { state: { status: 'parked', parked }, wakeAt: null },
        { state: { pausedAt: 1 }, wakeAt: null },
        {},
      );
      await insertSamples(stage, second, { ...placeOrder, hash: 'bb22' }, { ...placeOrder, saga: 'return-order' });
      const over = await insertSample(stage);
      assert.ok(await saveOne(stage, succeeded(over, finished)));
      // Mail keeps a finished instance due, not alive.
      await stage.store.transaction((tx) => tx.post([letter(over.instance.id, 'l-1')]));
      const sorted = [...ids].sort();
      const page = (after: string | null, limit: number) => stage.store.liveIds({ ...placeOrder, after, limit });
      assert.deepEqual(await page(null, 3), sorted.slice(0, 3));
      assert.deepEqual(await page(sorted[2] ?? '', 3), sorted.slice(3));
      assert.deepEqual(await page(sorted[3] ?? '', 3), []);
    },
  },
  {
    name: 'tells which definitions have live instances and are not known, and how many nobody looks at',
    async run(stage) {
      assert.deepEqual(await stage.store.liveBeyond([], { countTo: 10 }), []);
      await insertSamples(stage, {}, {}, { ...second, wakeInMs: 0 }, second, { ...second, hash: 'cc33' });
      const over = await insertSample(stage, { ...second, saga: 'return-order' });
      assert.ok(await saveOne(stage, succeeded(over, finished)));
      await stage.elapse(90_000);
      const [one, other] = [
        { ...second, live: 2, overdue: 1 },
        { ...second, hash: 'cc33', live: 1, overdue: 0 },
      ];
      assert.deepEqual(await stage.store.liveBeyond([placeOrder], { countTo: 10 }), [one, other]);
      assert.deepEqual(await stage.store.liveBeyond([placeOrder, second], { countTo: 10 }), [other]);
      const all = await stage.store.liveBeyond([], { countTo: 1 });
      assert.deepEqual(
        all.map(({ version, hash, live }) => [version, hash, live]),
        [
          [1, 'aa11', 1],
          [2, 'bb22', 1],
          [2, 'cc33', 1],
        ],
      );
    },
  },
  {
    name: 'counts where live instances stand',
    async run(stage) {
      const [first] = await insertSamples(stage, {}, {}, { state: { pausedAt: 5 }, wakeAt: null }, second);
      assert.ok(await saveOne(stage, succeeded(await loadOne(stage, first ?? ''))));
      const odd = 'a \u0000, a \ud800, a \\u0000, "quotes" and = in it';
      const failure = { step: 'reserve', code: 'NO', message: odd };
      const steps = { reserve: { status: 'declined', round: 1 }, 'pay-1': { status: 'unknown', round: 2 } } as const;
      await insertSamples(stage, { state: { status: 'compensating', steps, failure } });
      await insertSamples(stage, { ...placeOrder, saga: 'return-order', state: { steps: {} } });
      const over = await insertSample(stage, second);
      assert.ok(await saveOne(stage, succeeded(over, finished)));
      const standing = (given: Partial<Standing>): Standing => ({
        ...{ ...placeOrder, status: 'running', paused: false, steps: { reserve: 'dispatched' }, count: 1 },
        ...given,
      });
      const sortable = (each: Standing): string => JSON.stringify(Object.entries(each).sort());
      const expected = [
        standing({}),
        standing({ steps: { reserve: 'succeeded' } }),
        standing({ paused: true }),
        standing(second),
        standing({ status: 'compensating', steps: { 'pay-1': 'unknown', reserve: 'declined' } }),
        standing({ saga: 'return-order', steps: {} }),
      ];
      assert.deepEqual((await stage.store.standings()).map(sortable).sort(), expected.map(sortable).sort());
    },
  },
];
