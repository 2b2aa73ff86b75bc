import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { NewStoredInstance } from '../../engine/saga-store.js';
import { dueIds, insertSample, insertSamples, letter, loadOne, sample, saveOne, succeeded } from './sample-instance.js';
import type { SagaStoreCase, SagaStoreStage } from './saga-store-subject.js';

const parked = { from: 'running', code: 'X', message: 'x', at: 1 } as const;

/** As the engine makes one: no entry yet, and due at once. */
function child(stage: { readonly now: number }): NewStoredInstance {
  const made = sample({ now: stage.now, wakeInMs: 0, tags: { order: 'o-1' } });
  return { ...made, entries: [], instance: { ...made.instance, seq: 0, bodies: {} } };
}

async function mailOf(stage: SagaStoreStage, id: string): Promise<readonly string[]> {
  return (await stage.store.mailbox([id])).map((each) => each.id);
}

/** A save may begin other instances and write to them: all of it is part of that save. */
export const familyCases: readonly SagaStoreCase[] = [
  {
    name: 'begins children with the save of their parent, due at once and with their first letter',
    async run(stage) {
      const parent = await insertSample(stage);
      const born = child({ now: parent.updatedAt });
      const { id } = born.instance;
      assert.ok(await saveOne(stage, succeeded(parent, { born: [born], letters: [letter(id, 'started')] })));
      const stored = await loadOne(stage, id);
      assert.deepEqual(stored.instance, born.instance);
      assert.deepEqual([stored.revision, stored.tags, stored.startKey], [1, { order: 'o-1' }, null]);
      assert.deepEqual(await mailOf(stage, id), ['started']);
      assert.deepEqual(await dueIds(stage), [id]);
    },
  },
  {
    name: 'begins no child and sends no letter of a save that lost',
    async run(stage) {
      const [first, second] = (await insertSamples(stage, {}, {})) as [string, string];
      const stored = await loadOne(stage, first);
      assert.ok(await saveOne(stage, succeeded(stored)));
      const born = child({ now: stored.updatedAt });
      const letters = [letter(born.instance.id, 'started'), letter(second, 'told')];
      assert.equal(await saveOne(stage, succeeded(stored, { born: [born], letters })), false);
      assert.deepEqual((await stage.store.load([born.instance.id])).instances, []);
      assert.deepEqual(await mailOf(stage, second), []);
      assert.deepEqual(await dueIds(stage), []);
    },
  },
  {
    name: 'wakes whom a save writes to, a parked or finished one too',
    async run(stage) {
      const ids = await insertSamples(stage, {}, {}, {});
      const [sender, held, over] = (await Promise.all(ids.map((id) => loadOne(stage, id)))) as [
        Awaited<ReturnType<typeof loadOne>>,
        Awaited<ReturnType<typeof loadOne>>,
        Awaited<ReturnType<typeof loadOne>>,
      ];
      assert.ok(await saveOne(stage, succeeded(held, { state: { status: 'parked', parked }, wakeAt: null })));
      assert.ok(await saveOne(stage, succeeded(over, { state: { status: 'completed' }, wakeAt: null })));
      const letters = [letter(held.instance.id, 'a'), letter(over.instance.id, 'b')];
      assert.ok(await saveOne(stage, succeeded(sender, { letters })));
      assert.deepEqual([...(await dueIds(stage))].sort(), [held.instance.id, over.instance.id].sort());
    },
  },
  {
    name: 'drops a letter to nobody, and saves all the same',
    async run(stage) {
      const stored = await insertSample(stage);
      const nobody = randomUUID();
      assert.ok(await saveOne(stage, succeeded(stored, { letters: [letter(nobody, 'a')] })));
      assert.deepEqual(await mailOf(stage, nobody), []);
      assert.equal((await loadOne(stage, stored.instance.id)).revision, 2);
    },
  },
  {
    name: 'keeps letters between two that are saved together',
    async run(stage) {
      const ids = await insertSamples(stage, {}, {});
      const [one, two] = (await Promise.all(ids.map((id) => loadOne(stage, id)))) as [
        Awaited<ReturnType<typeof loadOne>>,
        Awaited<ReturnType<typeof loadOne>>,
      ];
      const changes = [
        succeeded(one, { letters: [letter(two.instance.id, 'from one')] }),
        succeeded(two, { letters: [letter(one.instance.id, 'from two')] }),
      ];
      await stage.store.transaction((tx) => tx.save(changes));
      assert.deepEqual(
        [await mailOf(stage, one.instance.id), await mailOf(stage, two.instance.id)],
        [['from two'], ['from one']],
      );
      assert.deepEqual([...(await dueIds(stage))].sort(), [...ids].sort());
    },
  },
  {
    name: 'opens a completed instance again where its save says so: it is finished no more',
    async run(stage) {
      const stored = await insertSample(stage);
      const { id } = stored.instance;
      assert.ok(await saveOne(stage, succeeded(stored, { state: { status: 'completed' }, wakeAt: null })));
      const completed = await loadOne(stage, id);
      const wakeAt = completed.updatedAt;
      assert.ok(await saveOne(stage, succeeded(completed, { state: { status: 'compensating' }, wakeAt })));
      assert.equal((await loadOne(stage, id)).instance.state.status, 'compensating');
      assert.deepEqual(await dueIds(stage), [id]);
    },
  },
];
