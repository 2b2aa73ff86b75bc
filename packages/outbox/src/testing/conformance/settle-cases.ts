import assert from 'node:assert/strict';
import { leaseMs, type OutboxConformanceCase, type OutboxStage, retryBaseMs } from './conformance-subject.js';
import { claimAll, idsOf, insertRows, newRow, only, refusal } from './new-row.js';

async function statusOf(stage: OutboxStage, id: string): Promise<string | undefined> {
  return (await stage.operations.show(id))?.status;
}

export const settleCases: readonly OutboxConformanceCase[] = [
  {
    name: 'marks a sent row SENT and gives it never again',
    async run(stage) {
      await insertRows(stage, newRow());
      const { id, epoch } = only(await claimAll(stage));
      assert.deepEqual(await stage.store.settle([{ id, epoch, outcome: { kind: 'sent' } }]), [{ id, kind: 'sent' }]);
      await stage.elapse(leaseMs + 1);
      assert.deepEqual(await claimAll(stage), []);
      assert.equal(await statusOf(stage, id), 'SENT');
    },
  },
  {
    name: 'sends a refused row again after 5, 10 and 20 seconds, then makes it FAILED and says so',
    async run(stage) {
      const [id] = (await insertRows(stage, newRow())) as [string];
      for (const [index, waitMs] of [retryBaseMs, retryBaseMs * 2, retryBaseMs * 4].entries()) {
        const { epoch } = only(await claimAll(stage));
        const retryCount = index + 1;
        assert.deepEqual(await stage.store.settle([{ id, epoch, outcome: refusal }]), [
          { id, kind: 'retry', retryCount },
        ]);
        // Room for the database's own clock, which goes on while the case runs.
        await stage.elapse(waitMs * 0.6);
        assert.deepEqual(await claimAll(stage), [], `retry ${retryCount} is not due yet`);
        await stage.elapse(waitMs * 0.4);
      }
      const { epoch } = only(await claimAll(stage));
      assert.equal(stage.failed.length, 0);
      assert.deepEqual(await stage.store.settle([{ id, epoch, outcome: refusal }]), [
        { id, kind: 'failed', retryCount: 3 },
      ]);
      const told = only(stage.failed);
      assert.equal(told.id, id);
      assert.equal(told.inDoubt, false);
      assert.equal(told.lastError, 'RECORD_TOO_LARGE: over 1 MiB');
      await stage.elapse(86_400_000);
      assert.deepEqual(await claimAll(stage), []);
    },
  },
  {
    name: 'counts nothing against a row that was given back or met broker trouble',
    async run(stage) {
      const [id] = (await insertRows(stage, newRow({ maxRetries: 0 }))) as [string];
      for (const kind of ['released', 'unknown', 'released', 'unknown', 'unknown'] as const) {
        const { epoch } = only(await claimAll(stage));
        assert.deepEqual(await stage.store.settle([{ id, epoch, outcome: { kind } }]), [{ id, kind }]);
      }
      assert.equal((await stage.operations.show(id))?.retryCount, 0);
      assert.equal(await statusOf(stage, id), 'PENDING');
    },
  },
  {
    name: 'ignores a lease that has ended, also where nobody else has the row',
    async run(stage) {
      await insertRows(stage, newRow());
      const { id, epoch } = only(await claimAll(stage));
      await stage.elapse(leaseMs + 1);
      for (const outcome of [{ kind: 'sent' }, refusal, { kind: 'released' }] as const) {
        assert.deepEqual(await stage.store.settle([{ id, epoch, outcome }]), [{ id, kind: 'lost' }]);
      }
      assert.equal(await statusOf(stage, id), 'PENDING');
    },
  },
  {
    name: 'ignores an epoch that has moved on, and rows that are gone, and settles the others beside them',
    async run(stage) {
      await insertRows(stage, newRow());
      const stale = only(await claimAll(stage));
      await stage.elapse(leaseMs + 1);
      const fresh = only(await claimAll(stage));
      const [other] = await insertRows(stage, newRow({ key: 'k2' }));
      const good = only(await claimAll(stage));
      const gone = '00000000-0000-4000-8000-000000000000';
      const settled = await stage.store.settle([
        { id: stale.id, epoch: stale.epoch, outcome: { kind: 'released' } },
        { id: gone, epoch: 1, outcome: { kind: 'sent' } },
        { id: good.id, epoch: good.epoch, outcome: { kind: 'sent' } },
      ]);
      assert.deepEqual(settled, [
        { id: stale.id, kind: 'lost' },
        { id: gone, kind: 'lost' },
        { id: other, kind: 'sent' },
      ]);
      assert.deepEqual(await claimAll(stage), [], 'the fresh lease stands');
      assert.deepEqual(await stage.store.settle([{ id: fresh.id, epoch: fresh.epoch, outcome: { kind: 'sent' } }]), [
        { id: fresh.id, kind: 'sent' },
      ]);
    },
  },
  {
    name: 'counts rows, their age and the lanes that stand still',
    async run(stage) {
      assert.deepEqual(await stage.store.counts(), {
        pending: 0,
        retry: 0,
        failed: 0,
        parked: 0,
        delayed: 0,
        oldestAgeMs: null,
        blockedLanes: 0,
      });
      const [failing] = (await insertRows(stage, newRow({ maxRetries: 0 }), newRow({ key: 'k2' }))) as [string];
      const [failed, retried] = await claimAll(stage);
      assert.ok(failed !== undefined && retried !== undefined && failed.id === failing);
      await stage.store.settle([failed, retried].map(({ id, epoch }) => ({ id, epoch, outcome: refusal })));
      await insertRows(stage, newRow({ key: 'k3' }));
      await stage.elapse(1_000);
      const { oldestAgeMs, ...counts } = await stage.store.counts();
      assert.deepEqual(counts, { pending: 1, retry: 1, failed: 1, parked: 0, delayed: 0, blockedLanes: 2 });
      assert.ok(oldestAgeMs !== null && oldestAgeMs >= 1_000);
    },
  },
  {
    name: 'prunes sent rows that are old enough, no more than asked, and nothing else',
    async run(stage) {
      await insertRows(stage, newRow(), newRow(), newRow());
      const claimed = await claimAll(stage);
      await stage.store.settle(claimed.map(({ id, epoch }) => ({ id, epoch, outcome: { kind: 'sent' } })));
      await stage.elapse(10_000);
      const [young] = (await insertRows(stage, newRow())) as [string];
      const { epoch } = only(await claimAll(stage));
      await stage.store.settle([{ id: young, epoch, outcome: { kind: 'sent' } }]);
      const [unsent] = (await insertRows(stage, newRow())) as [string];
      assert.equal(await stage.store.prune({ olderThanMs: 8_000, limit: 2 }), 2);
      assert.equal(await stage.store.prune({ olderThanMs: 8_000, limit: 2 }), 1);
      assert.equal(await stage.store.prune({ olderThanMs: 8_000, limit: 2 }), 0);
      assert.equal(await statusOf(stage, young), 'SENT');
      assert.deepEqual(idsOf(await claimAll(stage)), [unsent]);
    },
  },
];
