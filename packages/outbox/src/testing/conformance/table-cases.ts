import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { leaseMs, type OutboxConformanceCase, retryBaseMs } from './conformance-subject.js';
import { claimAll, idsOf, insertRows, newRow, only, refusal } from './new-row.js';

export const tableCases: readonly OutboxConformanceCase[] = [
  {
    name: 'leases rows at their birth, so that they can be sent and settled without a claim',
    async run(stage) {
      const rows = [newRow(), newRow()];
      const born = await stage.transaction((tx) => stage.table.insert(tx, rows, { bornLeaseMs: leaseMs }));
      assert.deepEqual(idsOf(born), idsOf(rows));
      assert.deepEqual(await claimAll(stage), []);
      const settled = await stage.store.settle(born.map(({ id, epoch }) => ({ id, epoch, outcome: { kind: 'sent' } })));
      assert.deepEqual(
        settled,
        rows.map(({ id }) => ({ id, kind: 'sent' })),
      );
    },
  },
  {
    name: 'leaves a born row to the claim when its lease has ended',
    async run(stage) {
      const born = await stage.transaction((tx) => stage.table.insert(tx, [newRow()], { bornLeaseMs: 5_000 }));
      await stage.elapse(5_001);
      assert.deepEqual(idsOf(await claimAll(stage)), idsOf(born));
    },
  },
  {
    name: 'tells a born row which unsent row of its lane it stands behind',
    async run(stage) {
      const [first, last] = (await insertRows(stage, newRow(), newRow())) as [string, string];
      await insertRows(stage, newRow({ ordered: false }), newRow({ key: 'k2' }));
      const give = async (row = newRow()) =>
        only(await stage.transaction((tx) => stage.table.insert(tx, [row], { bornLeaseMs: leaseMs })));
      assert.equal((await give()).behind, last);
      assert.equal((await give(newRow({ ordered: false }))).behind, null);
      assert.equal((await give(newRow({ key: 'k3' }))).behind, null);
      await stage.transaction((tx) => stage.table.markDelivered(tx, [first, last]));
      assert.notEqual((await give()).behind, last);
    },
  },
  {
    name: 'revives a row that exists already: new content, a new place, no retries spent, and the old epoch is worth nothing',
    async run(stage) {
      const row = newRow();
      await insertRows(stage, row);
      const old = only(await claimAll(stage));
      await stage.store.settle([{ id: old.id, epoch: old.epoch, outcome: refusal }]);
      const [between] = await insertRows(stage, newRow({ key: 'k2' }));
      await insertRows(stage, { ...row, payload: '{"n":2}' });
      const claimed = await claimAll(stage);
      assert.deepEqual(idsOf(claimed), [between, row.id]);
      assert.equal(claimed[1]?.payload, '{"n":2}');
      assert.equal((await stage.operations.show(row.id))?.retryCount, 0);
      assert.deepEqual(await stage.store.settle([{ id: old.id, epoch: old.epoch, outcome: { kind: 'sent' } }]), [
        { id: old.id, kind: 'lost' },
      ]);
    },
  },
  {
    name: 'revives a sent row',
    async run(stage) {
      const row = newRow();
      const { epoch } = only(await stage.transaction((tx) => stage.table.insert(tx, [row], { bornLeaseMs: leaseMs })));
      await stage.store.settle([{ id: row.id, epoch, outcome: { kind: 'sent' } }]);
      const again = only(await stage.transaction((tx) => stage.table.insert(tx, [row], { bornLeaseMs: leaseMs })));
      assert.ok(again.epoch > epoch);
      assert.equal(again.behind, null);
      assert.deepEqual(await stage.transaction((tx) => stage.table.unsent(tx, [row.id])), [row.id]);
    },
  },
  {
    name: 'finds rows by their ids, whatever became of them, and says who is being sent',
    async run(stage) {
      const [waits, sent] = [newRow(), newRow({ key: 'k2' })];
      await insertRows(stage, waits);
      const { epoch } = only(await stage.transaction((tx) => stage.table.insert(tx, [sent], { bornLeaseMs: leaseMs })));
      const find = (...ids: readonly string[]) => stage.transaction((tx) => stage.table.find(tx, ids));
      const under = await find(sent.id, waits.id, randomUUID());
      assert.deepEqual(idsOf(under), [waits.id, sent.id]);
      assert.equal(under[0]?.claimedUntil, null);
      assert.ok(under[1]?.claimedUntil instanceof Date);
      await stage.store.settle([{ id: sent.id, epoch, outcome: { kind: 'sent' } }]);
      const over = only(await find(sent.id));
      assert.deepEqual([over.status, over.claimedUntil, over.topic], ['SENT', null, sent.topic]);
      assert.deepEqual(await find(), []);
    },
  },
  {
    name: 'refuses an id that is given twice',
    async run(stage) {
      const row = newRow();
      const twice = stage.transaction((tx) => stage.table.insert(tx, [row, row]));
      await assert.rejects(twice, { code: 'OUTBOX_DUPLICATE_ID' });
      assert.deepEqual(await stage.transaction((tx) => stage.table.insert(tx, [])), []);
    },
  },
  {
    name: 'withdraws rows that nobody touched and rows that were refused for good, and they are never sent',
    async run(stage) {
      const [refused] = (await insertRows(stage, newRow({ maxRetries: 0, key: 'k2' }))) as [string];
      const { epoch } = only(await claimAll(stage));
      await stage.store.settle([{ id: refused, epoch, outcome: refusal }]);
      const [untouched, released] = (await insertRows(stage, newRow(), newRow({ key: 'k3' }))) as [string, string];
      const claimed = only(await stage.store.claim({ limit: 1, leaseMs, ids: [released] }));
      await stage.store.settle([{ id: released, epoch: claimed.epoch, outcome: { kind: 'released' } }]);
      const withdrawn = await stage.transaction((tx) => stage.table.withdraw(tx, [refused, untouched, released]));
      assert.deepEqual([...withdrawn].sort(), [refused, untouched, released].sort());
      await stage.elapse(retryBaseMs);
      assert.deepEqual(await claimAll(stage), []);
    },
  },
  {
    name: 'does not withdraw a row that may have been sent: under a lease, after one that ran out, after broker trouble, or sent before',
    async run(stage) {
      const rows = ['leased', 'lapsed', 'unknown', 'again'].map((key) => newRow({ key }));
      const [leased, lapsed, unknown, again] = idsOf(rows) as [string, string, string, string];
      const born = await stage.transaction((tx) => stage.table.insert(tx, rows, { bornLeaseMs: 1_000 }));
      const epoch = (id: string) => born.find((row) => row.id === id)?.epoch ?? -1;
      await stage.store.settle([
        { id: unknown, epoch: epoch(unknown), outcome: { kind: 'unknown' } },
        { id: again, epoch: epoch(again), outcome: { kind: 'sent' } },
      ]);
      await stage.elapse(1_001);
      await insertRows(stage, newRow({ id: again, key: 'again' }));
      await stage.store.claim({ limit: 1, leaseMs, ids: [leased] });
      const retaken = only(await stage.store.claim({ limit: 1, leaseMs, ids: [lapsed] }));
      await stage.store.settle([{ id: lapsed, epoch: retaken.epoch, outcome: { kind: 'released' } }]);
      assert.deepEqual(await stage.transaction((tx) => stage.table.withdraw(tx, [leased, lapsed, unknown, again])), []);
    },
  },
  {
    name: 'lets a row that FAILED leave its lane, and no other; inserted once more it has a place again',
    async run(stage) {
      const failing = newRow({ maxRetries: 0 });
      const [failed, behind] = (await insertRows(stage, failing, newRow())) as [string, string];
      const claimed = only(await stage.store.claim({ limit: 1, leaseMs }));
      await stage.store.settle([{ id: failed, epoch: claimed.epoch, outcome: refusal }]);
      assert.deepEqual(await claimAll(stage), []);
      await stage.transaction((tx) => stage.table.leaveLane(tx, [failed, behind]));
      assert.deepEqual(idsOf(await claimAll(stage)), [behind]);
      assert.equal((await stage.operations.show(failed))?.status, 'FAILED');
      await insertRows(stage, failing);
      // Behind the one that is being sent, as at first.
      assert.deepEqual(await claimAll(stage), []);
    },
  },
  {
    name: 'withdraws nothing where the transaction rolls back',
    async run(stage) {
      const [id] = (await insertRows(stage, newRow())) as [string];
      const undone = stage.transaction(async (tx) => {
        assert.deepEqual(await stage.table.withdraw(tx, [id]), [id]);
        throw new Error('undo');
      });
      await assert.rejects(undone, /undo/);
      assert.deepEqual(idsOf(await claimAll(stage)), [id]);
    },
  },
  {
    name: 'knows which rows are unsent, and takes proof of delivery from others than the relay',
    async run(stage) {
      const ids = await insertRows(stage, newRow({ maxRetries: 0 }), newRow({ key: 'k2' }), newRow({ key: 'k3' }));
      const [failed, claimed, free] = ids as [string, string, string];
      const [one, two] = await claimAll(stage, 2);
      assert.ok(one !== undefined && two !== undefined);
      await stage.store.settle([{ id: failed, epoch: one.epoch, outcome: refusal }]);
      assert.deepEqual(
        [...(await stage.transaction((tx) => stage.table.unsent(tx, ids)))].sort(),
        [claimed, free].sort(),
      );
      assert.deepEqual(
        [...(await stage.transaction((tx) => stage.table.markDelivered(tx, ids)))].sort(),
        [...ids].sort(),
      );
      assert.deepEqual(await stage.transaction((tx) => stage.table.markDelivered(tx, ids)), []);
      assert.deepEqual(await stage.transaction((tx) => stage.table.unsent(tx, ids)), []);
      assert.deepEqual(await stage.store.settle([{ id: claimed, epoch: two.epoch, outcome: refusal }]), [
        { id: claimed, kind: 'lost' },
      ]);
      assert.deepEqual(await claimAll(stage), []);
    },
  },
];
