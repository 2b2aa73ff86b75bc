import assert from 'node:assert/strict';
import {
  check,
  enter,
  enterCrowd,
  enterIn,
  holdOpen,
  leave,
  leaveIn,
  toldOf,
  type Wanting,
  wanting,
} from './lock-stage.js';
import type { SagaStoreCase } from './saga-store-subject.js';

/** The queues, where transactions are open side by side. */
export const lockRaceCases: readonly SagaStoreCase[] = [
  {
    name: 'gives a lock to exactly one of many starts at once, and to the others in the order in which they stand',
    async run(stage) {
      const crowd = Array.from({ length: 10 }, () => wanting('a'));
      const answers = await Promise.all(crowd.map((who) => enterCrowd(stage, who)));
      assert.equal(answers.filter((answer) => answer === 'held').length, 1);
      const places = await stage.store.lockQueue(crowd.map(({ id }) => id));
      assert.deepEqual(places.map(({ blocking }) => blocking).sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    },
  },
  {
    name: 'lets two that want the same keys in opposite orders stand in one order for both, and neither deadlock',
    async run(stage) {
      const crowd = Array.from({ length: 24 }, (_, turn) =>
        wanting(
          ...([
            ['a', 'b'],
            ['b', 'a'],
            ['b', 'c'],
            ['c', 'a'],
          ][turn % 4] ?? []),
        ),
      );
      await Promise.all(crowd.map((who) => enterCrowd(stage, who)));
      const left = new Set<Wanting>(crowd);
      // Were there a circle in the queues, somebody would wait for ever.
      while (left.size > 0) {
        const free: Wanting[] = [];
        for (const who of left) if ((await check(stage, who)) === 'granted') free.push(who);
        assert.ok(free.length > 0, `nobody can go on: ${JSON.stringify([...left])}`);
        assert.equal(new Set(free.flatMap(({ keys }) => keys)).size, free.flatMap(({ keys }) => keys).length);
        await Promise.all(free.map((who) => leave(stage, who)));
        for (const who of free) left.delete(who);
      }
    },
  },
  {
    name: 'waits for a start on the same key that has not committed, at most for the lock timeout, and then leaves the transaction usable',
    concurrent: true,
    async run(stage) {
      const [rival, late, other] = [wanting('a', 'b'), wanting('b', 'c'), wanting('c')];
      const start = await holdOpen(stage, (tx) => enterIn(tx, rival));
      assert.deepEqual(start.value, { kind: 'held' });
      const answers = await stage.store.transaction(async (tx) => [await enterIn(tx, late), await enterIn(tx, other)]);
      assert.deepEqual(answers, [{ kind: 'busy' }, { kind: 'held' }]);
      await start.end('commit');
      assert.deepEqual(await stage.store.lockQueue([late.id]), []);
      assert.equal(await enter(stage, wanting('b')), 'waiting');
    },
  },
  {
    name: 'stands behind a start that it waited for and that commits, and before one that rolls back',
    concurrent: true,
    async run(stage) {
      for (const how of ['commit', 'rollback'] as const) {
        const [rival, second] = [wanting(how), wanting(how)];
        const start = await holdOpen(stage, (tx) => enterIn(tx, rival));
        const answer = enter(stage, second);
        await start.end(how);
        assert.equal(await answer, how === 'commit' ? 'waiting' : 'held');
      }
    },
  },
  {
    name: 'is told, or sees it by itself, where its holder leaves while its own start is open',
    concurrent: true,
    async run(stage) {
      const [holder, late] = [wanting('a'), wanting('a')];
      await enter(stage, holder);
      const start = await holdOpen(stage, (tx) => enterIn(tx, late));
      assert.deepEqual(start.value, { kind: 'waiting' });
      assert.deepEqual(await leave(stage, holder), [], 'it could not be seen');
      await start.end('commit');
      assert.equal(await check(stage, late), 'granted');
    },
  },
  {
    name: 'looks again where its holder is leaving in a transaction that could not see it, and does not wait for that one',
    concurrent: true,
    async run(stage) {
      for (const how of ['commit', 'rollback'] as const) {
        const [holder, late] = [wanting(how), wanting(how)];
        await enter(stage, holder);
        const start = await holdOpen(stage, (tx) => enterIn(tx, late));
        const going = await holdOpen(stage, (tx) => leaveIn(stage, tx, holder));
        assert.deepEqual(going.value, []);
        await start.end('commit');
        assert.equal(await check(stage, late), 'leaving');
        await going.end(how);
        assert.equal(await check(stage, late), how === 'commit' ? 'granted' : 'held');
      }
    },
  },
  {
    name: 'keeps nobody from leaving who looks at the queue, and is told by whoever leaves after its look',
    concurrent: true,
    async run(stage) {
      const [holder, next] = [wanting('a'), wanting('a')];
      for (const who of [holder, next]) await enter(stage, who);
      const look = await holdOpen(stage, async (tx) => {
        await tx.lock([next.id]);
        return tx.checkLocks(next.id);
      });
      assert.equal(look.value, 'held');
      const going = leave(stage, holder);
      await look.end('commit');
      assert.deepEqual(await going, [next.id]);
      assert.equal(await toldOf(stage, next), 1);
    },
  },
  {
    name: 'tells the one behind where the first and the second leave at once, whichever of them is quicker',
    concurrent: true,
    async run(stage) {
      for (const quicker of ['first', 'second'] as const) {
        const [first, second, third] = [wanting(quicker), wanting(quicker), wanting(quicker)];
        for (const who of [first, second, third]) await enter(stage, who);
        const [early, late] = quicker === 'first' ? [first, second] : [second, first];
        const going = await holdOpen(stage, (tx) => leaveIn(stage, tx, early));
        const following = leave(stage, late);
        await going.end('commit');
        assert.deepEqual(await following, [third.id]);
        assert.equal(await check(stage, third), 'granted');
      }
    },
  },
  {
    name: 'is told by the last of the holders of its keys, though they leave at once',
    async run(stage) {
      const holders = Array.from({ length: 8 }, (_, place) => wanting(`k${place}`));
      for (const who of holders) await enter(stage, who);
      const next = wanting(...holders.flatMap(({ keys }) => keys));
      await enter(stage, next);
      const freed = await Promise.all(holders.map((who) => leave(stage, who)));
      assert.deepEqual(
        freed,
        holders.map(() => [next.id]),
      );
      assert.equal(await toldOf(stage, next), holders.length);
      assert.equal(await check(stage, next), 'granted');
    },
  },
];
