import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { StartKeyClaim } from '../../engine/saga-store.js';
import { sample } from './sample-instance.js';
import type { SagaStoreCase, SagaStoreStage } from './saga-store-subject.js';

function claimOf(given: Partial<StartKeyClaim> = {}): StartKeyClaim {
  return { saga: 'place-order', key: 'o-1', fingerprint: 'f-1', sagaId: randomUUID(), ...given };
}

function claim(stage: SagaStoreStage, it: StartKeyClaim) {
  return stage.store.transaction((tx) => tx.claimStartKey(it));
}

interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

function gate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** A transaction that has claimed the key and waits to be told how to end. */
async function holding(stage: SagaStoreStage, it: StartKeyClaim) {
  const [claimed, told] = [gate(), gate()];
  let rollsBack = false;
  const ended = stage.store
    .transaction(async (tx) => {
      await tx.claimStartKey(it);
      claimed.open();
      await told.opened;
      if (rollsBack) throw new Error('undo');
    })
    .catch((error: unknown) => {
      if (!rollsBack) throw error;
    });
  await claimed.opened;
  const end = (how: 'commit' | 'rollback') => {
    rollsBack = how === 'rollback';
    told.open();
    return ended;
  };
  return { end };
}

export const startKeyCases: readonly SagaStoreCase[] = [
  {
    name: 'gives a start key once, and to whoever comes later the first claim',
    async run(stage) {
      const first = claimOf();
      assert.deepEqual(await claim(stage, first), { kind: 'claimed' });
      const { sagaId, fingerprint } = first;
      assert.deepEqual(await claim(stage, claimOf({ fingerprint: 'other' })), { kind: 'taken', sagaId, fingerprint });
      assert.deepEqual(await claim(stage, claimOf({ saga: 'return-order' })), { kind: 'claimed' });
      assert.deepEqual(await claim(stage, claimOf({ key: 'O-1' })), { kind: 'claimed' });
    },
  },
  {
    name: 'sees a claim of its own transaction',
    async run(stage) {
      const first = claimOf();
      const second = await stage.store.transaction(async (tx) => {
        await tx.claimStartKey(first);
        return tx.claimStartKey(claimOf());
      });
      assert.deepEqual(second, { kind: 'taken', sagaId: first.sagaId, fingerprint: first.fingerprint });
    },
  },
  {
    name: 'frees a key with the savepoint or the transaction that claimed it',
    async run(stage) {
      await stage.store.transaction(async (tx) => {
        const inner = tx.savepoint(async () => {
          await tx.claimStartKey(claimOf());
          throw new Error('undo');
        });
        await assert.rejects(inner, /undo/);
        assert.deepEqual(await tx.claimStartKey(claimOf({ key: 'o-2' })), { kind: 'claimed' });
      });
      assert.deepEqual(await claim(stage, claimOf()), { kind: 'claimed' });
    },
  },
  {
    name: 'gives a key to exactly one of many starts at once',
    async run(stage) {
      const answers = await Promise.all(Array.from({ length: 6 }, () => claim(stage, claimOf())));
      assert.equal(answers.filter(({ kind }) => kind === 'claimed').length, 1);
    },
  },
  {
    name: 'is busy where a rival holds the key uncommitted for longer than the time-out, and its transaction goes on',
    concurrent: true,
    async run(stage) {
      const rival = await holding(stage, claimOf());
      const started = sample();
      const answer = await stage.store.transaction(async (tx) => {
        const busy = await tx.claimStartKey(claimOf());
        await tx.insert([started]);
        return busy;
      });
      assert.deepEqual(answer, { kind: 'busy' });
      assert.equal((await stage.store.load([started.instance.id])).instances.length, 1);
      await rival.end('commit');
    },
  },
  {
    name: 'is given a key whose rival rolls back, and is told of one that commits',
    concurrent: true,
    async run(stage) {
      const undone = await holding(stage, claimOf({ key: 'a' }));
      await undone.end('rollback');
      assert.deepEqual(await claim(stage, claimOf({ key: 'a' })), { kind: 'claimed' });
      const first = claimOf({ key: 'b' });
      const kept = await holding(stage, first);
      const answer = claim(stage, claimOf({ key: 'b' }));
      await kept.end('commit');
      assert.deepEqual(await answer, { kind: 'taken', sagaId: first.sagaId, fingerprint: first.fingerprint });
    },
  },
];
