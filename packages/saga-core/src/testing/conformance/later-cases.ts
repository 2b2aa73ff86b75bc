import assert from 'node:assert/strict';
import type { FenceRow } from '../../participant/fence-store.js';
import { claim, done, fresh, keyOf, settle } from './fence-cases.js';
import type { FenceStoreCase } from './fence-store-subject.js';
import { command } from './sample-instance.js';

const accepted: FenceRow = { status: 'accepted', doReply: null, undoReply: null, pending: '{"do":{}}' };

/** What a store owes to commands that are answered later. */
export const laterCases: readonly FenceStoreCase[] = [
  {
    name: 'finds a row that is there, and makes none where it is missing',
    async run({ store }) {
      assert.equal(await store.transaction((tx) => tx.find(keyOf())), undefined);
      await settle({ store }, keyOf(), accepted);
      assert.deepEqual(await store.transaction((tx) => tx.find(keyOf())), accepted);
      await store.transaction((tx) => tx.forget(keyOf()));
      assert.equal(await store.transaction((tx) => tx.find(keyOf())), undefined);
    },
  },
  {
    name: 'lets those who find a row take turns with those who claim it',
    async run({ store }) {
      await settle({ store }, keyOf(), accepted);
      const finish = async (row: FenceRow) =>
        store.transaction(async (tx) => {
          const before = await tx.find(keyOf());
          await tx.now();
          if (before?.status === 'accepted') await tx.settle(keyOf(), row);
          return before?.status;
        });
      const undo = store.transaction(async (tx) => {
        const before = await tx.claim(keyOf());
        await tx.now();
        if (before.status === 'accepted')
          await tx.settle(keyOf(), { status: 'undone', doReply: null, undoReply: 'null' });
        return before.status;
      });
      const found = await Promise.all([finish(done), undo, finish(done)]);
      assert.equal(found.filter((status) => status === 'accepted').length, 1, found.join());
    },
  },
  {
    name: 'lets a command run again that waited for the row while it was forgotten',
    async run({ store }) {
      await settle({ store }, keyOf(), accepted);
      let isWaiting: Promise<FenceRow> | undefined;
      await store.transaction(async (tx) => {
        await tx.find(keyOf());
        isWaiting = claim({ store }, keyOf());
        await tx.forget(keyOf());
      });
      assert.deepEqual(await isWaiting, fresh);
    },
  },
  {
    name: "works within a caller's transaction: what is settled and published there is nothing without its commit",
    async run({ store, outbox }) {
      const reply = command('s-1');
      const answer = async (fails: boolean) =>
        store.transaction(async ({ trx }) => {
          const tx = store.within(trx);
          await tx.settle(keyOf(), done);
          assert.deepEqual(await tx.publish([reply], {}), []);
          if (fails) throw new Error('undo');
        });
      await assert.rejects(answer(true), /undo/);
      assert.deepEqual(await claim({ store }, keyOf()), fresh);
      assert.deepEqual(await outbox.claim({ limit: 10, leaseMs: 1_000 }), []);
      await answer(false);
      assert.deepEqual(await claim({ store }, keyOf()), done);
      assert.equal((await outbox.claim({ limit: 10, leaseMs: 1_000 })).length, 1);
    },
  },
  {
    name: 'tells the end of a transaction of its own',
    async run({ store }) {
      const seen: string[] = [];
      await store.transaction(async (tx) => {
        tx.afterEnd(() => seen.push('ended'));
        seen.push('open');
      });
      assert.deepEqual(seen, ['open', 'ended']);
    },
  },
  {
    name: 'forgets what was accepted and not heard of for long',
    async run({ store, elapse }) {
      await settle({ store }, keyOf(), accepted);
      await elapse(3_600_000);
      assert.equal(await store.prune({ olderThanMs: 3_720_000, limit: 10 }), 0);
      await settle({ store }, keyOf(), accepted);
      await elapse(300_000);
      assert.equal(await store.prune({ olderThanMs: 3_720_000, limit: 10 }), 0);
      assert.equal(await store.prune({ olderThanMs: 60_000, limit: 10 }), 1);
    },
  },
];
