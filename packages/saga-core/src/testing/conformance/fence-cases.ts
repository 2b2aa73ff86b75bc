import assert from 'node:assert/strict';
import type { FenceKey, FenceRow } from '../../participant/fence-store.js';
import { record } from './evidence-cases.js';
import type { FenceStoreCase, FenceStoreUnderTest } from './fence-store-subject.js';
import { command } from './sample-instance.js';
import { quarantineRows } from './saga-store-subject.js';

type Staged = Pick<FenceStoreUnderTest<unknown>, 'store'>;

export const fresh: FenceRow = { status: 'fresh', doReply: null, undoReply: null };
export const done: FenceRow = { status: 'succeeded', doReply: '{"reservation":"r-1"}', undoReply: null };

export function keyOf(given: Partial<FenceKey> = {}): FenceKey {
  return { sagaId: '0198b1c2-0000-7000-8000-000000000001', step: 'reserve', item: -1, round: 1, ...given };
}

export function claim(stage: Staged, key: FenceKey): Promise<FenceRow> {
  return stage.store.transaction((tx) => tx.claim(key));
}

export function settle(stage: Staged, key: FenceKey, row: FenceRow): Promise<void> {
  return stage.store.transaction(async (tx) => {
    await tx.claim(key);
    await tx.settle(key, row);
  });
}

export const fenceCases: readonly FenceStoreCase[] = [
  {
    name: 'knows nothing of a command that never came',
    async run(stage) {
      assert.deepEqual(await claim(stage, keyOf()), fresh);
      assert.deepEqual(await claim(stage, keyOf()), fresh);
    },
  },
  {
    name: 'gives back what was settled, replies to the letter, from the first to the last settlement',
    async run(stage) {
      const steps: readonly FenceRow[] = [
        done,
        { status: 'undone', doReply: done.doReply, undoReply: 'null' },
        { status: 'declined', doReply: '{"code":"SOLD_OUT","text":"\\u0000 ü"}', undoReply: null },
        { status: 'tombstone', doReply: null, undoReply: '' },
        { status: 'accepted', doReply: null, undoReply: null, pending: '{"do":{"to":"\\u0000 ü"}}' },
        { status: 'undoing', doReply: done.doReply, undoReply: null, pending: '{"undo":{}}' },
        done,
      ];
      for (const row of steps) {
        await settle(stage, keyOf(), row);
        assert.deepEqual(await claim(stage, keyOf()), row);
      }
    },
  },
  {
    name: 'tells apart sagas, steps, items and rounds',
    async run(stage) {
      await settle(stage, keyOf(), done);
      for (const other of [
        { sagaId: 'other' },
        { step: 'pay' },
        { item: 0 },
        { round: 2 },
        { sagaId: keyOf().sagaId.toUpperCase() },
      ]) {
        assert.deepEqual(await claim(stage, keyOf(other)), fresh, JSON.stringify(other));
      }
    },
  },
  {
    name: 'serves a saga id of any form, for others have other ids',
    async run(stage) {
      for (const sagaId of ['order 17/1', "';--", '\u001e', '\ud83e\uddf5', 'x'.repeat(512)]) {
        await settle(stage, keyOf({ sagaId }), done);
        assert.deepEqual(await claim(stage, keyOf({ sagaId })), done);
      }
    },
  },
  {
    name: 'refuses a key that cannot be stored, before the transaction is spoilt',
    async run(stage) {
      const bad: readonly Partial<FenceKey>[] = [
        { sagaId: 'a\0' },
        { sagaId: '' },
        { sagaId: '\ud800' },
        { sagaId: 'x'.repeat(513) },
        { step: 'x'.repeat(201) },
        { item: -2 },
        { item: 1.5 },
        { round: 2 ** 31 },
        { round: Number.NaN },
      ];
      await stage.store.transaction(async (tx) => {
        for (const given of bad) await assert.rejects(async () => tx.claim(keyOf(given)), { code: 'COMMAND_INVALID' });
        await tx.settle(keyOf(), done);
      });
      assert.deepEqual(await claim(stage, keyOf()), done);
    },
  },
  {
    name: 'lets copies of a command take turns: only the first finds nothing',
    async run(stage) {
      const copies = Array.from({ length: 6 }, () =>
        stage.store.transaction(async (tx) => {
          const row = await tx.claim(keyOf());
          if (row.status === 'fresh') await tx.settle(keyOf(), done);
          return row.status;
        }),
      );
      const found = await Promise.all(copies);
      assert.deepEqual([...found].sort(), ['fresh', ...Array.from({ length: 5 }, () => 'succeeded')]);
    },
  },
  {
    name: 'lets copies of an undo take turns too, at a row that has long been there',
    async run(stage) {
      await settle(stage, keyOf(), done);
      const copies = Array.from({ length: 6 }, () =>
        stage.store.transaction(async (tx) => {
          const row = await tx.claim(keyOf());
          // A handler's work lies between the look and the settlement.
          await tx.now();
          if (row.status === 'succeeded') await tx.settle(keyOf(), { ...row, status: 'undone', undoReply: 'null' });
          return row.status;
        }),
      );
      const found = await Promise.all(copies);
      assert.deepEqual([...found].sort(), ['succeeded', ...Array.from({ length: 5 }, () => 'undone')]);
    },
  },
  {
    name: 'lets a command and its undo take turns, whichever comes first',
    async run(stage) {
      const keys = Array.from({ length: 8 }, (_, round) => keyOf({ round }));
      const act = (key: FenceKey, row: FenceRow) =>
        stage.store.transaction(async (tx) => {
          const before = await tx.claim(key);
          if (before.status === 'fresh') await tx.settle(key, row);
          return before.status;
        });
      const tombstone: FenceRow = { status: 'tombstone', doReply: null, undoReply: 'null' };
      const found = await Promise.all(keys.map((key) => Promise.all([act(key, done), act(key, tombstone)])));
      for (const [asDo, asUndo] of found) {
        assert.ok(
          (asDo === 'fresh' && asUndo === 'succeeded') || (asUndo === 'fresh' && asDo === 'tombstone'),
          `${asDo} ${asUndo}`,
        );
      }
    },
  },
  {
    name: 'remembers nothing of a transaction that rolled back: its command may run again',
    async run(stage) {
      const reply = command('s-1');
      const attempt = stage.store.transaction(async (tx) => {
        await tx.claim(keyOf());
        await tx.settle(keyOf(), done);
        await tx.publish([reply], { bornLeaseMs: 5_000 });
        throw new Error('undo');
      });
      await assert.rejects(attempt, /undo/);
      assert.deepEqual(await claim(stage, keyOf()), fresh);
      assert.deepEqual(await stage.outbox.claim({ limit: 10, leaseMs: 1_000 }), []);
    },
  },
  {
    name: 'publishes replies under a lease, in the order given',
    async run(stage) {
      const replies = [command('s-1'), command('s-1')];
      const born = await stage.store.transaction((tx) => tx.publish(replies, { bornLeaseMs: 5_000 }));
      assert.deepEqual(
        born.map((row) => row.id),
        replies.map((row) => row.id),
      );
      assert.deepEqual(await stage.outbox.claim({ limit: 10, leaseMs: 1_000 }), []);
      await stage.elapse(5_001);
      assert.equal((await stage.outbox.claim({ limit: 10, leaseMs: 1_000 })).length, 2);
      assert.deepEqual(await stage.store.transaction((tx) => tx.publish([], { bornLeaseMs: 5_000 })), []);
    },
  },
  {
    name: 'forgets what was settled long ago, the oldest first and as many as asked for, and nothing else',
    async run(stage) {
      const rounds = [1, 2, 3];
      for (const round of rounds) {
        await settle(stage, keyOf({ round }), done);
        await stage.elapse(100_000);
      }
      await settle(stage, keyOf({ round: 4 }), done);
      await claim(stage, keyOf({ round: 5 }));
      assert.equal(await stage.store.prune({ olderThanMs: 6_000_000, limit: 10 }), 0);
      await stage.elapse(5_950_000);
      assert.equal(await stage.store.prune({ olderThanMs: 6_000_000, limit: 2 }), 2);
      const left = async () =>
        Promise.all([1, 2, 3, 4].map(async (round) => (await claim(stage, keyOf({ round }))).status));
      assert.deepEqual(await left(), ['fresh', 'fresh', 'succeeded', 'succeeded']);
      assert.equal(await stage.store.prune({ olderThanMs: 6_000_000, limit: 10 }), 1);
      assert.deepEqual(await left(), ['fresh', 'fresh', 'fresh', 'succeeded']);
    },
  },
  {
    name: 'tells the time in whole milliseconds that never go back',
    async run(stage) {
      const times = await stage.store.transaction(async (tx) => [await tx.now(), await tx.now()]);
      assert.ok(times.every(Number.isSafeInteger), times.join());
      assert.ok((times[0] ?? 0) <= (times[1] ?? 0));
    },
  },
  {
    name: 'quarantines what it could not understand, and drops the oldest where it is too much',
    async run(stage) {
      await stage.store.quarantine([record({ head: '\0\ud800' })]);
      assert.deepEqual(await stage.quarantined(), [record({ head: '\ufffd\ufffd' })]);
      const offsets = Array.from({ length: quarantineRows * 2 }, (_, place) => String(place));
      await stage.store.quarantine(offsets.map((offset) => record({ offset })));
      assert.deepEqual(
        (await stage.quarantined()).map(({ offset }) => offset),
        offsets.slice(-quarantineRows),
      );
    },
  },
  {
    name: 'tells failures of the database from those of the handler',
    async run(stage) {
      const { classify } = stage.store;
      const state = (code: string) => Object.assign(new Error('from the server'), { code, severity: 'ERROR' });
      assert.equal(classify(state('57P01')), 'infrastructure');
      assert.equal(classify(state('40P01')), 'conflict');
      assert.equal(classify(state('22021')), 'poison');
      assert.equal(classify(state('23505')), 'other');
      assert.equal(classify(new Error('x')), 'other');
    },
  },
];
