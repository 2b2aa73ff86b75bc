import assert from 'node:assert/strict';
import { leaseMs, type OutboxConformanceCase } from './conformance-subject.js';
import { claimAll, idsOf, insertRows, newRow, only } from './new-row.js';

export const delayCases: readonly OutboxConformanceCase[] = [
  {
    name: 'gives a delayed row when its delay is over and not before, and its lane does not wait for it',
    async run(stage) {
      const delayed = newRow({ ordered: false, deliverAfter: { ms: 3_600_000 } });
      const [, free] = (await insertRows(stage, delayed, newRow())) as [string, string];
      assert.deepEqual(idsOf(await claimAll(stage)), [free]);
      assert.equal((await stage.store.counts()).delayed, 1);
      await stage.elapse(3_540_000);
      assert.deepEqual(await stage.store.claim({ limit: 9, leaseMs, ids: [delayed.id] }), []);
      await stage.elapse(61_000);
      assert.ok(idsOf(await claimAll(stage)).includes(delayed.id));
      assert.equal((await stage.store.counts()).delayed, 0);
    },
  },
  {
    name: 'gives a row at once whose date has passed',
    async run(stage) {
      const [id] = (await insertRows(stage, newRow({ ordered: false, deliverAfter: new Date(0) }))) as [string];
      assert.deepEqual(idsOf(await claimAll(stage)), [id]);
    },
  },
  {
    name: 'leases no delayed row at its birth: from memory it would be sent too early',
    async run(stage) {
      const rows = [newRow(), newRow({ ordered: false, deliverAfter: { ms: 60_000 } })];
      const born = await stage.transaction((tx) => stage.table.insert(tx, rows, { bornLeaseMs: leaseMs }));
      assert.equal(only(born).id, rows[0]?.id);
    },
  },
];
