import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { SagaTransaction } from '../../engine/saga-store.js';
import {
  claimedIds,
  command,
  dueIds,
  insertSample,
  insertSamples,
  letter,
  loadOne,
  placeOrder,
  saveOne,
  succeeded,
} from './sample-instance.js';
import type { SagaStoreCase } from './saga-store-subject.js';

export const saveCases: readonly SagaStoreCase[] = [
  {
    name: 'holds rows, answers their revisions and those of no others, and saves what is held',
    async run(stage) {
      const [id = ''] = await insertSamples(stage, {});
      const stored = await loadOne(stage, id);
      const { saved } = await stage.store.transaction(async (tx) => {
        const held = await tx.hold([id, randomUUID()]);
        assert.deepEqual([...held], [[id, 1]]);
        return tx.save([succeeded(stored, { output: 7 })]);
      });
      assert.deepEqual(saved, [id]);
      assert.deepEqual([...(await stage.store.transaction((tx) => tx.hold([id])))], [[id, 2]]);
    },
  },
  {
    name: 'tells where instances stand, and leaves out those it does not know',
    async run(stage) {
      const [id = '', other = ''] = await insertSamples(stage, {}, {});
      await saveOne(stage, succeeded(await loadOne(stage, id), { wakeAt: null, state: { status: 'completed' } }));
      const statuses = await stage.store.statuses([id, other, randomUUID(), 'no id']);
      assert.deepEqual(
        [...statuses].sort(),
        [
          [id, 'completed'],
          [other, 'running'],
        ].sort(),
      );
    },
  },
  {
    name: 'says its time without a statement of its own, never ahead of what a statement says then, and never back',
    async run(stage) {
      let last = 0;
      for (let at = 0; at < 20; at += 1) {
        const now = await stage.store.now();
        const read = await stage.store.load([]);
        assert.ok(Number.isSafeInteger(now), String(now));
        assert.ok(last <= now && now <= read.now, `${last} <= ${now} <= ${read.now}`);
        last = now;
      }
    },
  },
  {
    name: 'saves state and journal, and raises the revision',
    async run(stage) {
      const before = await insertSample(stage, { tags: { a: '1' }, startKey: 'k' });
      const change = succeeded(before);
      assert.ok(await saveOne(stage, change));
      const after = await loadOne(stage, before.instance.id);
      assert.deepEqual(after.instance, change.instance);
      assert.equal(after.revision, before.revision + 1);
      assert.deepEqual([after.tags, after.startKey, after.createdAt], [before.tags, before.startKey, before.createdAt]);
      assert.ok(after.updatedAt >= before.updatedAt);
    },
  },
  {
    name: 'writes nothing of a change whose instance moved on: no state, no entry, no message, no mark, no letter taken',
    async run(stage) {
      const stale = await insertSample(stage);
      const { id } = stale.instance;
      const earlier = command(id);
      assert.ok(await saveOne(stage, succeeded(stale, { output: 'first', messages: [earlier] })));
      await stage.store.transaction((tx) => tx.post([letter(id, 'l-1')]));
      const before = await loadOne(stage, id);
      const late = succeeded(stale, {
        output: 'second',
        messages: [command(id)],
        delivered: [earlier.id],
        taken: ['l-1'],
      });
      const result = await stage.store.transaction((tx) => tx.save([late], { bornLeaseMs: 5_000 }));
      assert.deepEqual(result, { saved: [], claimed: [], freed: [] });
      assert.deepEqual(await loadOne(stage, id), before);
      assert.deepEqual(await stage.store.unsent([earlier.id]), [earlier.id]);
      assert.deepEqual(await claimedIds(stage), [earlier.id]);
      assert.deepEqual(
        (await stage.store.mailbox([id])).map((each) => each.id),
        ['l-1'],
      );
    },
  },
  {
    name: 'saves the others beside a change that lost',
    async run(stage) {
      const [one, two, three] = await insertSamples(stage, {}, {}, {});
      const stored = await Promise.all([one, two, three].map((id) => loadOne(stage, id ?? '')));
      const changes = stored.map((each) => succeeded(each, { messages: [command(each.instance.id)] }));
      const [, middle] = changes;
      assert.ok(middle !== undefined && (await saveOne(stage, { ...middle, messages: [] })));
      const { saved, claimed } = await stage.store.transaction((tx) => tx.save(changes, { bornLeaseMs: 5_000 }));
      assert.deepEqual([...saved].sort(), [one, three].sort());
      assert.deepEqual(claimed.map((row) => row.key).sort(), [one, three].sort());
    },
  },
  {
    name: 'lets exactly one of many rivals win, whose entry is the only one',
    async run(stage) {
      const before = await insertSample(stage);
      const { id } = before.instance;
      const rivals = Array.from({ length: 6 }, (_, place) =>
        succeeded(before, { output: place, messages: [command(id)] }),
      );
      const won = await Promise.all(rivals.map((change) => saveOne(stage, change)));
      assert.equal(won.filter(Boolean).length, 1, won.join());
      const after = await loadOne(stage, id);
      assert.equal(after.instance.bodies['reserve']?.output, won.indexOf(true));
      assert.equal(after.instance.seq, 2);
      assert.equal((await claimedIds(stage)).length, 1);
    },
  },
  {
    name: 'reads under a lock what the rival before it committed, the journal too',
    async run(stage) {
      const before = await insertSample(stage);
      const { id } = before.instance;
      const read = async (tx: SagaTransaction<unknown>) => (await tx.lock([id]))[0];
      const first = stage.store.transaction(async (tx) => {
        const stored = await read(tx);
        assert.ok(stored !== undefined);
        return tx.save([succeeded(stored, { output: stored.revision })]);
      });
      const second = stage.store.transaction(async (tx) => {
        const stored = await read(tx);
        assert.ok(stored !== undefined);
        assert.equal(stored.instance.seq, stored.revision, 'row and journal are of one moment');
        return tx.save([succeeded(stored, { output: stored.revision })]);
      });
      await Promise.all([first, second]);
      const after = await loadOne(stage, id);
      assert.deepEqual([after.revision, after.instance.seq, after.instance.bodies['reserve']?.output], [3, 3, 2]);
    },
  },
  {
    name: 'locks in one order, whatever the order asked for, so that batches do not deadlock',
    async run(stage) {
      const ids = await insertSamples(stage, ...Array.from({ length: 8 }, () => ({})));
      const orders = Array.from({ length: 12 }, (_, turn) => (turn % 2 === 0 ? [...ids] : [...ids].reverse()));
      const saved = await Promise.all(
        orders.map((order) =>
          stage.store.transaction(async (tx) => {
            const stored = await tx.lock(order);
            return (await tx.save(stored.map((each) => succeeded(each)).reverse())).saved.length;
          }),
        ),
      );
      assert.deepEqual(
        saved,
        orders.map(() => ids.length),
      );
    },
  },
  {
    name: 'refuses one instance twice in one save',
    async run(stage) {
      const before = await insertSample(stage);
      const attempt = stage.store.transaction((tx) => tx.save([succeeded(before), succeeded(before)]));
      await assert.rejects(attempt, { code: 'OPTION_INVALID' });
      assert.deepEqual(await loadOne(stage, before.instance.id), before);
    },
  },
  {
    name: 'refuses to leave a live instance without a time at which it is looked at, and then saves nothing of the batch',
    async run(stage) {
      const [one, two] = await insertSamples(stage, {}, {});
      const stored = await Promise.all([one, two].map((id) => loadOne(stage, id ?? '')));
      const changes = stored.map((each, place) => succeeded(each, place === 0 ? {} : { wakeAt: null }));
      await assert.rejects(stage.store.transaction((tx) => tx.save(changes)));
      assert.deepEqual(await Promise.all([one, two].map((id) => loadOne(stage, id ?? ''))), stored);
    },
  },
  {
    name: 'saves nothing where the transaction rolls back',
    async run(stage) {
      const before = await insertSample(stage);
      const { id } = before.instance;
      const attempt = stage.store.transaction(async (tx) => {
        assert.deepEqual((await tx.save([succeeded(before, { messages: [command(id)] })])).saved, [id]);
        throw new Error('undo');
      });
      await assert.rejects(attempt, /undo/);
      assert.deepEqual(await loadOne(stage, id), before);
      assert.deepEqual(await claimedIds(stage), []);
    },
  },
  {
    name: 'forgets neither the input nor the output of an instance that has finished',
    async run(stage) {
      const before = await insertSample(stage, { input: { order: 'o-9' } });
      const change = succeeded(before, { state: { status: 'completed' }, wakeAt: null });
      const last = {
        seq: 3,
        at: before.updatedAt,
        cause: { kind: 'started' },
        events: [{ kind: 'sagaCompleted', output: [1] } as const],
      };
      const finished = {
        ...change,
        entries: [...change.entries, last],
        instance: { ...change.instance, seq: 3, output: [1] },
      };
      assert.ok(await saveOne(stage, finished));
      assert.deepEqual((await loadOne(stage, before.instance.id)).instance, finished.instance);
      assert.deepEqual(await stage.store.liveHashes(placeOrder), []);
    },
  },
  {
    name: 'writes version, hash and input where a migration changes them, and nowhere else',
    async run(stage) {
      const before = await insertSample(stage, { input: { cents: 5 } });
      const bystander = await insertSample(stage);
      const { id } = before.instance;
      const pinned = { version: 2, hash: 'bb22' };
      const slip = succeeded(before);
      assert.ok(await saveOne(stage, { ...slip, instance: { ...slip.instance, ...pinned, input: { euros: 1 } } }));
      const after = await loadOne(stage, id);
      assert.deepEqual(after.instance, slip.instance);
      const change = succeeded(after);
      const migrated = { ...change, instance: { ...change.instance, ...pinned, input: { euros: 5 } } };
      const untouched = succeeded(bystander);
      await stage.store.transaction((tx) => tx.save([{ ...migrated, migrated: true }, untouched]));
      assert.deepEqual((await loadOne(stage, id)).instance, migrated.instance);
      assert.deepEqual((await loadOne(stage, bystander.instance.id)).instance, untouched.instance);
      assert.equal(await saveOne(stage, { ...change, migrated: true }), false, 'its revision moved on');
      assert.deepEqual((await loadOne(stage, id)).instance, migrated.instance);
      assert.deepEqual(await stage.store.liveIds({ ...placeOrder, ...pinned, after: null, limit: 10 }), [id]);
    },
  },
  {
    name: 'does nothing where nothing is asked',
    async run(stage) {
      const asked = await stage.store.transaction(async (tx) => [
        await tx.save([]),
        await tx.insert([]),
        await tx.lock([]),
        await tx.post([]),
        await tx.withdraw([]),
      ]);
      assert.deepEqual(asked, [{ saved: [], claimed: [], freed: [] }, [], [], [], []]);
      await stage.store.countDiscards([]);
      await stage.store.quarantine([]);
      assert.deepEqual(await stage.store.unsent([]), []);
      assert.deepEqual(await stage.store.mailbox([]), []);
      assert.deepEqual(await dueIds(stage), []);
    },
  },
  {
    name: 'tells the time in whole milliseconds that never go back',
    async run(stage) {
      const times = await stage.store.transaction(async (tx) => [await tx.now(), await tx.now(), await tx.now()]);
      assert.ok(times.every(Number.isSafeInteger), times.join());
      assert.deepEqual(
        [...times].sort((one, other) => one - other),
        times,
      );
      await stage.elapse(0);
      const { now } = await stage.store.load([]);
      assert.ok(now >= (times[2] ?? 0));
    },
  },
];
