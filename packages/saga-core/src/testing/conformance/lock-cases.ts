import assert from 'node:assert/strict';
import { check, enter, enterIn, leave, leaveIn, toldOf, type Wanting, wanting } from './lock-stage.js';
import { dueIds, insertSample, loadOne, sample } from './sample-instance.js';
import type { SagaStoreCase } from './saga-store-subject.js';

/** The queues, one transaction at a time. */
export const lockCases: readonly SagaStoreCase[] = [
  {
    name: 'gives a lock to who comes first and lines the others up behind it, key by key',
    async run(stage) {
      const [one, two, three, other] = [wanting('a', 'b'), wanting('b'), wanting('b', 'c'), wanting('c')];
      assert.equal(await enter(stage, one), 'held');
      assert.equal(await enter(stage, two), 'waiting');
      assert.equal(await enter(stage, three), 'waiting');
      assert.equal(await enter(stage, other), 'waiting');
      const answers = await Promise.all([one, two, three, other].map((who) => check(stage, who)));
      assert.deepEqual(answers, ['granted', 'held', 'held', 'held']);
      const places = await stage.store.lockQueue([other.id, three.id, two.id, one.id, 'order-17']);
      assert.equal(places.length, 4);
      const placeOf = (who: Wanting) => places.find(({ sagaId }) => sagaId === who.id);
      const behindOne = [{ key: 'b', heldBy: one.id }];
      assert.deepEqual(placeOf(one), { sagaId: one.id, blocking: 2, waitingFor: [] });
      assert.deepEqual(placeOf(two), { sagaId: two.id, blocking: 1, waitingFor: behindOne });
      assert.deepEqual(placeOf(three), { sagaId: three.id, blocking: 1, waitingFor: behindOne });
      assert.deepEqual(placeOf(other), { sagaId: other.id, blocking: 0, waitingFor: [{ key: 'c', heldBy: three.id }] });
    },
  },
  {
    name: 'tells one key from another by every character',
    async run(stage) {
      const keys = ['a', 'A', 'a ', 'ä', 'a\u0308', '\u001e', 'x'.repeat(255)];
      for (const key of keys) assert.equal(await enter(stage, wanting(key)), 'held', JSON.stringify(key));
      assert.equal(await enter(stage, wanting(...keys)), 'waiting');
    },
  },
  {
    name: 'refuses whoever does not want to wait, names the key and its holder, and keeps nothing of it',
    async run(stage) {
      const [holder, refused] = [wanting('b'), wanting('a', 'b', 'c')];
      await enter(stage, holder, 'refuse');
      const answer = await stage.store.transaction((tx) => enterIn(tx, refused, 'refuse'));
      assert.deepEqual(answer, { kind: 'refused', key: 'b', heldBy: holder.id });
      assert.equal(await enter(stage, wanting('a', 'c'), 'refuse'), 'held');
      assert.equal(await enter(stage, wanting('d'), 'refuse'), 'held');
    },
  },
  {
    name: 'is left with the save that ends its holder, which tells the next one and nobody else',
    async run(stage) {
      const [holder, next, last] = [wanting('a'), wanting('a'), wanting('a')];
      for (const who of [holder, next, last]) await enter(stage, who);
      assert.deepEqual(await leave(stage, holder), [next.id]);
      assert.deepEqual([await toldOf(stage, next), await toldOf(stage, last)], [1, 0]);
      assert.deepEqual(await dueIds(stage), [next.id]);
      assert.deepEqual([await check(stage, next), await check(stage, last)], ['granted', 'held']);
      assert.deepEqual(await stage.store.lockQueue([holder.id]), []);
      assert.equal(await enter(stage, wanting('a'), 'refuse'), 'refused');
    },
  },
  {
    name: 'is neither left nor told of where the transaction rolls back',
    async run(stage) {
      const [holder, next] = [wanting('a'), wanting('a')];
      for (const who of [holder, next]) await enter(stage, who);
      const attempt = stage.store.transaction(async (tx) => {
        await leaveIn(stage, tx, holder);
        throw new Error('undo');
      });
      await assert.rejects(attempt, /undo/);
      assert.deepEqual([await toldOf(stage, next), await check(stage, next)], [0, 'held']);
    },
  },
  {
    name: 'is not left by a save that lost, or that only parked its holder',
    async run(stage) {
      const [holder, next] = [wanting('a'), wanting('a')];
      for (const who of [holder, next]) await enter(stage, who);
      const stored = await loadOne(stage, holder.id);
      const parked = { from: 'running', code: 'X', message: 'x', at: 1 } as const;
      const change = {
        ...{
          revision: stored.revision,
          entries: [],
          messages: [],
          delivered: [],
          taken: [],
          wakeAt: null,
          born: [],
          letters: [],
        },
        instance: { ...stored.instance, state: { ...stored.instance.state, status: 'parked', parked } },
      } as const;
      assert.deepEqual((await stage.store.transaction((tx) => tx.save([change]))).freed, []);
      const state = { ...stored.instance.state, status: 'completed' } as const;
      const late = { ...change, instance: { ...stored.instance, state } };
      assert.deepEqual((await stage.store.transaction((tx) => tx.save([late]))).freed, []);
      const [place] = await stage.store.lockQueue([holder.id]);
      assert.deepEqual(place, { sagaId: holder.id, blocking: 1, waitingFor: [] });
      assert.equal(await check(stage, next), 'held');
    },
  },
  {
    name: 'tells nobody where one leaves that was not the first',
    async run(stage) {
      const [holder, impatient, last] = [wanting('a'), wanting('a'), wanting('a')];
      for (const who of [holder, impatient, last]) await enter(stage, who);
      assert.deepEqual(await leave(stage, impatient), []);
      assert.deepEqual(await leave(stage, holder), [last.id]);
      assert.equal(await check(stage, last), 'granted');
    },
  },
  {
    name: 'grants to who wants several keys when it is the first for all of them',
    async run(stage) {
      const [one, two, both] = [wanting('a'), wanting('b'), wanting('a', 'b')];
      for (const who of [one, two, both]) await enter(stage, who);
      assert.deepEqual(await leave(stage, one), [both.id]);
      assert.equal(await check(stage, both), 'held');
      assert.deepEqual(await leave(stage, two), [both.id]);
      assert.equal(await check(stage, both), 'granted');
      assert.equal(await toldOf(stage, both), 2);
    },
  },
  {
    name: 'is left by many at once that were in one save',
    async run(stage) {
      const [one, two, next] = [wanting('a'), wanting('a', 'b'), wanting('a', 'b')];
      for (const who of [one, two, next]) await enter(stage, who);
      const freed = await stage.store.transaction(async (tx) => {
        const first = await leaveIn(stage, tx, one);
        return [first, await leaveIn(stage, tx, two)];
      });
      assert.deepEqual(freed, [[two.id], [next.id]]);
      assert.equal(await check(stage, next), 'granted');
    },
  },
  {
    name: 'frees a place with the savepoint or the transaction that took it',
    async run(stage) {
      const [one, two] = [wanting('a'), wanting('a')];
      await stage.store.transaction(async (tx) => {
        const inner = tx.savepoint(async () => {
          await enterIn(tx, one);
          throw new Error('undo');
        });
        await assert.rejects(inner, /undo/);
        assert.deepEqual(await enterIn(tx, two), { kind: 'held' });
      });
      assert.deepEqual(await stage.store.lockQueue([one.id, two.id]), [
        { sagaId: two.id, blocking: 0, waitingFor: [] },
      ]);
    },
  },
  {
    name: 'is held by nobody once a saga has ended within its own start',
    async run(stage) {
      const [quick, next] = [wanting('a'), wanting('a')];
      await stage.store.transaction(async (tx) => {
        await tx.enqueueLocks({ sagaId: quick.id, keys: quick.keys, whenHeld: 'wait' });
        const locks = { keys: quick.keys, status: 'released' } as const;
        await tx.insert([sample({ id: quick.id, wakeAt: null, state: { status: 'completed', locks } })]);
      });
      assert.equal(await enter(stage, next, 'refuse'), 'held');
    },
  },
  {
    name: 'is nothing to an instance that was started without',
    async run(stage) {
      const { instance } = await insertSample(stage);
      assert.deepEqual(await stage.store.lockQueue([instance.id]), []);
      assert.deepEqual(await stage.store.lockQueue([]), []);
      assert.equal(await check(stage, { id: instance.id, keys: [] }), 'granted');
    },
  },
];
