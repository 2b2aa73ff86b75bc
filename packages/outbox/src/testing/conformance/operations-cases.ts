import assert from 'node:assert/strict';
import { leaseMs, type OutboxConformanceCase, type OutboxStage } from './conformance-subject.js';
import { claimAll, idsOf, insertRows, newRow, only, refusal } from './new-row.js';

/** FAILED rows, one a topic, and one row that waits behind the first. */
async function failedRows(
  stage: OutboxStage,
): Promise<{ readonly failed: [string, string]; readonly waiting: string }> {
  const failed = await insertRows(stage, newRow({ maxRetries: 0 }), newRow({ maxRetries: 0, topic: 'stock' }));
  const claimed = await claimAll(stage);
  await stage.store.settle(claimed.map(({ id, epoch }) => ({ id, epoch, outcome: refusal })));
  const [waiting] = (await insertRows(stage, newRow())) as [string];
  assert.deepEqual(await claimAll(stage), []);
  return { failed: failed as [string, string], waiting };
}

const note = { actor: 'ada', reason: 'OPS-1' };

export const operationsCases: readonly OutboxConformanceCase[] = [
  {
    name: 'lists FAILED rows page by page and by topic, and shows one with its payload',
    async run(stage) {
      const { failed, waiting } = await failedRows(stage);
      const first = only(await stage.operations.list({ limit: 1 }));
      assert.equal(first.id, failed[0]);
      assert.equal(first.lastError, 'RECORD_TOO_LARGE: over 1 MiB');
      assert.deepEqual(idsOf(await stage.operations.list({ limit: 9, afterSeq: first.seq })), [failed[1]]);
      assert.deepEqual(idsOf(await stage.operations.list({ limit: 9, topic: 'stock' })), [failed[1]]);
      assert.equal((await stage.operations.show(waiting))?.payload, '{"n":1}');
      assert.equal(await stage.operations.show('00000000-0000-4000-8000-000000000000'), null);
    },
  },
  {
    name: 'requeues a FAILED row at its old place with all its retries, and nothing else',
    async run(stage) {
      const { failed, waiting } = await failedRows(stage);
      assert.deepEqual(await stage.operations.requeue([failed[0], waiting], note), [failed[0]]);
      assert.deepEqual(idsOf(await claimAll(stage)), [failed[0], waiting]);
      assert.equal((await stage.operations.show(failed[0]))?.retryCount, 0);
    },
  },
  {
    name: 'drops a FAILED row, frees its lane, and drops nothing else',
    async run(stage) {
      const { failed, waiting } = await failedRows(stage);
      assert.deepEqual(await stage.operations.drop([failed[0], waiting], note), [failed[0]]);
      assert.equal(await stage.operations.show(failed[0]), null);
      assert.deepEqual(idsOf(await claimAll(stage)), [waiting]);
    },
  },
  {
    name: 'shows which lanes stand still, behind which row, and how much waits there',
    async run(stage) {
      const { failed, waiting } = await failedRows(stage);
      const [first, second] = await stage.operations.blockedLanes({ limit: 9 });
      assert.deepEqual(
        [first?.rowId, first?.status, first?.topic, first?.key, first?.waiting],
        [failed[0], 'FAILED', 'orders', 'k1', 1],
      );
      assert.deepEqual([second?.rowId, second?.waiting], [failed[1], 0]);
      assert.equal((await stage.operations.blockedLanes({ limit: 1 })).length, 1);
      await stage.operations.park([failed[0], failed[1], waiting], note);
      assert.deepEqual(await stage.operations.blockedLanes({ limit: 9 }), []);
    },
  },
  {
    name: 'parks a FAILED row: its lane goes on without it, and unparked it is sent again',
    async run(stage) {
      const { failed, waiting } = await failedRows(stage);
      assert.deepEqual(await stage.operations.park([failed[0]], note), [failed[0]]);
      assert.deepEqual(idsOf(await claimAll(stage)), [waiting]);
      assert.deepEqual(idsOf(await stage.operations.list({ limit: 9, status: 'PARKED' })), [failed[0]]);
      assert.equal((await stage.store.counts()).parked, 1);
      assert.deepEqual(await stage.operations.requeue([failed[0]], note), []);
      assert.deepEqual(await stage.operations.unpark([failed[0], waiting], note), [failed[0]]);
      assert.equal((await stage.operations.show(failed[0]))?.retryCount, 0);
      await stage.elapse(leaseMs + 1);
      assert.deepEqual(idsOf(await claimAll(stage)), [failed[0], waiting], 'at its old place');
    },
  },
  {
    name: 'parks rows that wait, with or without a retry, and none that somebody holds',
    async run(stage) {
      const ids = (await insertRows(stage, newRow(), newRow({ key: 'k2' }), newRow({ key: 'k3' }))) as [
        string,
        string,
        string,
      ];
      const [held, refused, idle] = ids;
      const [, second] = await claimAll(stage, 2);
      assert.ok(second !== undefined);
      await stage.store.settle([{ id: refused, epoch: second.epoch, outcome: refusal }]);
      assert.deepEqual([...(await stage.operations.park(ids, note))].sort(), [refused, idle].sort());
      await stage.elapse(leaseMs + 1);
      assert.deepEqual(idsOf(await claimAll(stage)), [held]);
      assert.deepEqual(await stage.transaction((tx) => stage.table.unsent(tx, ids)), [held]);
    },
  },
  {
    name: 'drops a PARKED row, and lets no old lease settle a parked one',
    async run(stage) {
      const [id] = (await insertRows(stage, newRow())) as [string];
      const old = only(await claimAll(stage));
      await stage.elapse(leaseMs + 1);
      assert.deepEqual(await stage.operations.park([id], note), [id]);
      assert.deepEqual(await stage.store.settle([{ id, epoch: old.epoch, outcome: { kind: 'sent' } }]), [
        { id, kind: 'lost' },
      ]);
      assert.equal((await stage.operations.show(id))?.inDoubt, true);
      assert.deepEqual(await stage.operations.drop([id], note), [id]);
      assert.equal(await stage.operations.show(id), null);
    },
  },
  {
    name: 'records who did what to which row and why, only where something was done, and refuses to do it for nobody',
    async run(stage) {
      const { failed, waiting } = await failedRows(stage);
      await stage.operations.park([failed[0]], note);
      await stage.operations.park([failed[0]], { actor: 'bob', reason: 'again' });
      await stage.operations.unpark([failed[0]], { actor: 'bob', reason: 'mended' });
      await stage.operations.requeue([failed[1], waiting], note);
      const entries = await stage.operations.audit({ limit: 9 });
      assert.deepEqual(
        entries.map(({ verb, actor, reason, rowId, statusBefore }) => [verb, actor, reason, rowId, statusBefore]),
        [
          ['requeue', 'ada', 'OPS-1', failed[1], 'FAILED'],
          ['unpark', 'bob', 'mended', failed[0], 'PARKED'],
          ['park', 'ada', 'OPS-1', failed[0], 'FAILED'],
        ],
      );
      assert.equal((await stage.operations.audit({ limit: 9, rowId: failed[0] })).length, 2);
      assert.equal(entries[0]?.lastError, 'RECORD_TOO_LARGE: over 1 MiB');
      for (const bad of [
        { actor: ' ', reason: 'x' },
        { actor: 'x', reason: '' },
      ]) {
        await assert.rejects(() => stage.operations.drop([failed[0]], bad), { code: 'OPTIONS_INVALID' });
      }
      assert.notEqual(await stage.operations.show(failed[0]), null);
    },
  },
  {
    name: 'prunes by hand as by itself, and records how many',
    async run(stage) {
      await insertRows(stage, newRow(), newRow());
      const [unsent] = (await insertRows(stage, newRow({ key: 'k2' }))) as [string];
      const claimed = await claimAll(stage, 2);
      await stage.store.settle(claimed.map(({ id, epoch }) => ({ id, epoch, outcome: { kind: 'sent' } })));
      await stage.elapse(10_000);
      assert.equal(await stage.operations.prune({ olderThanMs: 8_000, limit: 9 }, note), 2);
      assert.notEqual(await stage.operations.show(unsent), null);
      const [entry] = await stage.operations.audit({ limit: 1 });
      assert.deepEqual([entry?.verb, entry?.rowCount, entry?.rowId], ['prune', 2, null]);
    },
  },
];
