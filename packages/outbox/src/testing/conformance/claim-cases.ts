import assert from 'node:assert/strict';
import { leaseMs, type OutboxConformanceCase, retryBaseMs } from './conformance-subject.js';
import { claimAll, idsOf, insertRows, newRow, only, refusal } from './new-row.js';

export const claimCases: readonly OutboxConformanceCase[] = [
  {
    name: 'gives rows in the order of their insertion, with all that was stored',
    async run(stage) {
      const rows = [
        newRow(),
        newRow({ key: 'k\u001e2', payload: '{"n":"\\u0000"}', headers: {} }),
        newRow({ ordered: false, key: '' }),
      ];
      await insertRows(stage, ...rows);
      const claimed = await claimAll(stage);
      assert.deepEqual(
        claimed.map(({ seq: _, epoch: _e, leaseEndsAtMs: _l, behind: _b, ...content }) => content),
        rows,
      );
      assert.deepEqual(
        [...claimed].sort((one, other) => one.seq - other.seq),
        claimed,
      );
    },
  },
  {
    name: 'gives a single row whose key is empty',
    async run(stage) {
      await insertRows(stage, newRow({ key: '' }));
      assert.equal(only(await claimAll(stage)).key, '');
    },
  },
  {
    name: 'gives a row to one claimer until its lease ends, then under a higher epoch',
    async run(stage) {
      await insertRows(stage, newRow());
      const first = only(await claimAll(stage));
      assert.deepEqual(await claimAll(stage), []);
      await stage.elapse(leaseMs + 1);
      const second = only(await claimAll(stage));
      assert.ok(second.epoch > first.epoch);
    },
  },
  {
    name: 'gives a whole prefix of a lane in one batch, and what is behind the limit only after it',
    async run(stage) {
      const [a, b, c] = (await insertRows(stage, newRow(), newRow(), newRow())) as [string, string, string];
      const [other] = await insertRows(stage, newRow({ key: 'k2' }));
      const batch = await claimAll(stage, 2);
      assert.deepEqual(idsOf(batch), [a, b]);
      assert.deepEqual(idsOf(await claimAll(stage)), [other], 'the lane is held, another is not');
      await stage.store.settle(batch.map(({ id, epoch }) => ({ id, epoch, outcome: { kind: 'sent' } })));
      assert.deepEqual(idsOf(await claimAll(stage)), [c]);
    },
  },
  {
    name: 'keeps a lane behind a row that waits for its retry, and no other lane',
    async run(stage) {
      const [head, next] = (await insertRows(stage, newRow(), newRow())) as [string, string];
      const [other] = await insertRows(stage, newRow({ topic: 'elsewhere' }));
      const first = only(await claimAll(stage, 1));
      await stage.store.settle([{ id: head, epoch: first.epoch, outcome: refusal }]);
      assert.deepEqual(idsOf(await claimAll(stage)), [other]);
      await stage.elapse(retryBaseMs);
      assert.deepEqual(idsOf(await claimAll(stage)), [head, next]);
    },
  },
  {
    name: 'neither holds up unordered rows behind their lane, nor the lane behind an unordered row',
    async run(stage) {
      const [blocked] = (await insertRows(stage, newRow())) as [string];
      const first = only(await claimAll(stage));
      await stage.store.settle([{ id: blocked, epoch: first.epoch, outcome: refusal }]);
      const [free] = await insertRows(stage, newRow({ ordered: false }));
      const taken = await claimAll(stage);
      assert.deepEqual(idsOf(taken), [free]);
      await stage.elapse(retryBaseMs);
      assert.deepEqual(idsOf(await claimAll(stage)), [blocked], 'the unordered row is still held');
    },
  },
  {
    name: 'claims of a list only what is listed and free, and whose lane is',
    async run(stage) {
      const [a, b] = (await insertRows(stage, newRow(), newRow())) as [string, string];
      const [c, d] = (await insertRows(stage, newRow({ key: 'k2' }), newRow({ key: 'k3' }))) as [string, string];
      const claimListed = (...ids: string[]) => stage.store.claim({ limit: 10, leaseMs, ids });
      assert.deepEqual(await claimListed(b), [], 'it would overtake the row before it');
      assert.deepEqual(idsOf(await claimListed(b, a, c)), [a, b, c]);
      assert.deepEqual(await claimListed(a, b, c), []);
      assert.deepEqual(await claimListed(), []);
      assert.deepEqual(idsOf(await claimAll(stage)), [d]);
    },
  },
  {
    name: 'finds the free rows behind many that are held',
    async run(stage) {
      const held = Array.from({ length: 40 }, () => newRow({ key: 'held' }));
      await stage.transaction((tx) => stage.table.insert(tx, held, { bornLeaseMs: leaseMs }));
      const [free] = await insertRows(stage, newRow({ key: 'free' }));
      assert.deepEqual(idsOf(await claimAll(stage, 5)), [free]);
    },
  },
  {
    name: 'shows nothing of a transaction that rolled back',
    async run(stage) {
      const row = newRow();
      const undone = stage.transaction(async (tx) => {
        await stage.table.insert(tx, [row], { bornLeaseMs: 1_000 });
        throw new Error('undo');
      });
      await assert.rejects(undone, /undo/);
      assert.deepEqual(await claimAll(stage), []);
      assert.equal(await stage.operations.show(row.id), null);
    },
  },
  {
    name: 'gives no more of a topic than there is room for, the first of them, and all it likes of the others',
    async run(stage) {
      const stock = { topic: 'stock', key: 's' };
      const ids = await insertRows(stage, newRow(stock), newRow(), newRow(stock), newRow(), newRow({ topic: 'shut' }));
      const ask = { limit: 9, leaseMs, rooms: { stock: 1, shut: 0 } };
      assert.deepEqual(idsOf(await stage.store.claim(ask)), [ids[0], ids[1], ids[3]]);
      assert.deepEqual(idsOf(await stage.store.claim({ limit: 9, leaseMs, rooms: { stock: 0 } })), [ids[4]]);
    },
  },
];
