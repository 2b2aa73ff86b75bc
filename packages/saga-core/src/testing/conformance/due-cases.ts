import assert from 'node:assert/strict';
import { dueIds, insertSample, insertSamples, loadOne, placeOrder, saveOne, succeeded } from './sample-instance.js';
import type { SagaStoreCase } from './saga-store-subject.js';

export const dueCases: readonly SagaStoreCase[] = [
  {
    name: 'tells which instances are due, and not a moment early',
    async run(stage) {
      const [soon, late] = await insertSamples(stage, { wakeInMs: 60_000 }, { wakeInMs: 3_600_000 });
      assert.deepEqual(await dueIds(stage), []);
      await stage.elapse(50_000);
      assert.deepEqual(await dueIds(stage), []);
      await stage.elapse(10_000);
      assert.deepEqual(await dueIds(stage), [soon]);
      await stage.elapse(3_540_000);
      assert.deepEqual(await dueIds(stage), [soon, late]);
    },
  },
  {
    name: 'tells the longest overdue first, as many as asked for',
    async run(stage) {
      const ids = await insertSamples(stage, { wakeInMs: 30_000 }, { wakeInMs: 10_000 }, { wakeInMs: 20_000 });
      await stage.elapse(60_000);
      assert.deepEqual(await dueIds(stage), [ids[1], ids[2], ids[0]]);
      assert.deepEqual(await dueIds(stage, 2), [ids[1], ids[2]]);
    },
  },
  {
    name: 'tells only of definitions that are asked for: name, version and hash',
    async run(stage) {
      const wakeInMs = 0;
      const [here] = await insertSamples(
        stage,
        { wakeInMs },
        { wakeInMs, version: 2 },
        { wakeInMs, hash: 'bb22' },
        { wakeInMs, saga: 'return-order' },
      );
      assert.deepEqual(await dueIds(stage), [here]);
      const definitions = [placeOrder, { ...placeOrder, version: 2 }, { ...placeOrder, saga: 'unknown' }, placeOrder];
      assert.equal((await stage.store.due({ limit: 10, definitions })).length, 2);
      assert.deepEqual(await stage.store.due({ limit: 10, definitions: [] }), []);
    },
  },
  {
    name: 'follows a time that a save moves back, by little or by much',
    async run(stage) {
      const stored = await insertSample(stage, { wakeInMs: 5_000 });
      assert.ok(await saveOne(stage, succeeded(stored, { wakeAt: stored.createdAt + 9_000 })));
      await stage.elapse(7_000);
      assert.deepEqual(await dueIds(stage), []);
      await stage.elapse(2_000);
      assert.deepEqual(await dueIds(stage), [stored.instance.id]);
      const later = await loadOne(stage, stored.instance.id);
      assert.ok(await saveOne(stage, succeeded(later, { wakeAt: later.updatedAt + 600_000 })));
      assert.deepEqual(await dueIds(stage), []);
      await stage.elapse(600_000);
      assert.deepEqual(await dueIds(stage), [stored.instance.id]);
    },
  },
  {
    name: 'follows a time that a save moves forward',
    async run(stage) {
      const stored = await insertSample(stage, { wakeInMs: 3_600_000 });
      assert.ok(await saveOne(stage, succeeded(stored, { wakeAt: stored.createdAt + 5_000 })));
      await stage.elapse(6_000);
      assert.deepEqual(await dueIds(stage), [stored.instance.id]);
    },
  },
  {
    name: 'never tells of an instance that is finished, parked or paused',
    async run(stage) {
      const ids = await insertSamples(stage, { wakeInMs: 0 }, { wakeInMs: 0 }, { wakeInMs: 0 });
      const parked = { from: 'running', code: 'X', message: 'x', at: 1 } as const;
      const states = [{ status: 'completed' }, { status: 'parked', parked }, { pausedAt: 1 }] as const;
      for (const [place, state] of states.entries()) {
        const stored = await loadOne(stage, ids[place] ?? '');
        assert.ok(await saveOne(stage, succeeded(stored, { state, wakeAt: null })));
      }
      await stage.elapse(7_200_000);
      assert.deepEqual(await dueIds(stage), []);
    },
  },
  {
    name: 'counts the live instances of a definition by hash, the parked and paused with them',
    async run(stage) {
      const parked = { from: 'running', code: 'X', message: 'x', at: 1 } as const;
      await insertSamples(
        stage,
        {},
        { wakeAt: null, state: { pausedAt: 1 } },
        { wakeAt: null, state: { status: 'parked', parked }, hash: 'bb22' },
        { wakeAt: null, state: { status: 'completed' }, hash: 'cc33' },
        { version: 2 },
      );
      assert.deepEqual(await stage.store.liveHashes(placeOrder), [
        { hash: 'aa11', live: 2 },
        { hash: 'bb22', live: 1 },
      ]);
      assert.deepEqual(await stage.store.liveHashes({ saga: 'unknown', version: 1 }), []);
    },
  },
];
