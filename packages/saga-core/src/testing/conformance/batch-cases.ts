import assert from 'node:assert/strict';
import type { FenceRow } from '../../participant/fence-store.js';
import { claim, done, fresh, keyOf, settle } from './fence-cases.js';
import type { FenceStoreCase } from './fence-store-subject.js';
import { command } from './sample-instance.js';

const rounds = (count: number): readonly number[] => Array.from({ length: count }, (_, place) => place + 1);

/** What a store owes to batches, of many commands and of one. */
export const batchCases: readonly FenceStoreCase[] = [
  {
    name: 'claims many rows in the order given, the known and the unknown',
    async run(stage) {
      const declined: FenceRow = { status: 'declined', doReply: '{"code":"SOLD_OUT"}', undoReply: null };
      await settle(stage, keyOf({ round: 2 }), done);
      await settle(stage, keyOf({ round: 4, sagaId: 'a\u001e' }), declined);
      const keys = [
        keyOf({ round: 4, sagaId: 'a\u001e' }),
        keyOf({ round: 1 }),
        keyOf({ round: 2 }),
        keyOf({ item: 7 }),
      ];
      assert.deepEqual(await stage.store.transaction((tx) => tx.claimAll(keys)), [declined, fresh, done, fresh]);
      assert.deepEqual(await stage.store.transaction((tx) => tx.claimAll([])), []);
    },
  },
  {
    name: 'refuses many rows where one has a key that cannot be stored',
    async run(stage) {
      const keys = [keyOf(), keyOf({ sagaId: 'a\0' })];
      await assert.rejects(async () => stage.store.transaction((tx) => tx.claimAll(keys)), { code: 'COMMAND_INVALID' });
    },
  },
  {
    name: 'records what became of known and of unknown rows, to the letter, and publishes the replies with it',
    async run(stage) {
      await settle(stage, keyOf({ round: 1 }), done);
      const rows: readonly FenceRow[] = [
        { status: 'undone', doReply: done.doReply, undoReply: '' },
        { status: 'succeeded', doReply: '{"text":"\\u0000 ü"}', undoReply: null },
        { status: 'accepted', doReply: null, undoReply: null, pending: '{"do":{}}' },
        { status: 'tombstone', doReply: null, undoReply: '\u001e' },
      ];
      const settled = rows.map((row, place) => ({ key: keyOf({ round: place + 1 }), row }));
      const replies = [command('s-1'), command('s-2')];
      const born = await stage.store.transaction(async (tx) => {
        await tx.claimAll(settled.map(({ key }) => key));
        return tx.record({ settled, replies }, { bornLeaseMs: 5_000 });
      });
      assert.deepEqual(
        born.map(({ id }) => id),
        replies.map(({ id }) => id),
      );
      assert.deepEqual(await stage.outbox.claim({ limit: 10, leaseMs: 1_000 }), []);
      for (const { key, row } of settled) assert.deepEqual(await claim(stage, key), row);
    },
  },
  {
    name: 'records one claimed row, new or not, and replies without any',
    async run(stage) {
      for (const row of [done, { ...done, status: 'undone', undoReply: 'null' } as const]) {
        await stage.store.transaction(async (tx) => {
          await tx.claim(keyOf());
          await tx.record({ settled: [{ key: keyOf(), row }], replies: [command('s-1')] }, { bornLeaseMs: 5_000 });
        });
        assert.deepEqual(await claim(stage, keyOf()), row);
      }
      const replies = [command('s-2')];
      const born = await stage.store.transaction((tx) => tx.record({ settled: [], replies }, { bornLeaseMs: 5_000 }));
      assert.equal(born.length, 1);
    },
  },
  {
    name: 'remembers nothing of a batch that rolled back',
    async run(stage) {
      const settled = rounds(3).map((round) => ({ key: keyOf({ round }), row: done }));
      const attempt = stage.store.transaction(async (tx) => {
        await tx.claimAll(settled.map(({ key }) => key));
        await tx.record({ settled, replies: [command('s-1')] }, { bornLeaseMs: 5_000 });
        throw new Error('undo');
      });
      await assert.rejects(attempt, /undo/);
      for (const { key } of settled) assert.deepEqual(await claim(stage, key), fresh);
    },
  },
  {
    name: 'lets batches that share known rows take turns, in whatever order they name them',
    async run(stage) {
      const keys = rounds(8).map((round) => keyOf({ round }));
      for (const key of keys) await settle(stage, key, done);
      const undoAll = (order: typeof keys) =>
        stage.store.transaction(async (tx) => {
          const rows = await tx.claimAll(order);
          await tx.now();
          const settled = order.flatMap((key, place) => {
            const row = rows[place] ?? fresh;
            return row.status === 'succeeded'
              ? [{ key, row: { ...row, status: 'undone' as const, undoReply: 'null' } }]
              : [];
          });
          await tx.record({ settled, replies: [] }, { bornLeaseMs: 5_000 });
          return settled.length;
        });
      const found = await Promise.all([undoAll(keys), undoAll([...keys].reverse()), undoAll(keys)]);
      const undone = found.reduce((sum, each) => sum + each, 0);
      assert.equal(undone, keys.length, found.join());
    },
  },
];
