import assert from 'node:assert/strict';
import type { OutboxConformanceCase, OutboxStage } from './conformance-subject.js';
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

export const operationsCases: readonly OutboxConformanceCase[] = [
  {
    name: 'lists FAILED rows page by page and by topic, and shows one with its payload',
    async run(stage) {
      const { failed, waiting } = await failedRows(stage);
      const first = only(await stage.operations.listFailed({ limit: 1 }));
      assert.equal(first.id, failed[0]);
      assert.equal(first.lastError, 'RECORD_TOO_LARGE: over 1 MiB');
      assert.deepEqual(idsOf(await stage.operations.listFailed({ limit: 9, afterSeq: first.seq })), [failed[1]]);
      assert.deepEqual(idsOf(await stage.operations.listFailed({ limit: 9, topic: 'stock' })), [failed[1]]);
      assert.equal((await stage.operations.show(waiting))?.payload, '{"n":1}');
      assert.equal(await stage.operations.show('00000000-0000-4000-8000-000000000000'), null);
    },
  },
  {
    name: 'requeues a FAILED row at its old place with all its retries, and nothing else',
    async run(stage) {
      const { failed, waiting } = await failedRows(stage);
      assert.deepEqual(await stage.operations.requeue([failed[0], waiting]), [failed[0]]);
      assert.deepEqual(idsOf(await claimAll(stage)), [failed[0], waiting]);
      assert.equal((await stage.operations.show(failed[0]))?.retryCount, 0);
    },
  },
  {
    name: 'drops a FAILED row, frees its lane, and drops nothing else',
    async run(stage) {
      const { failed, waiting } = await failedRows(stage);
      assert.deepEqual(await stage.operations.drop([failed[0], waiting]), [failed[0]]);
      assert.equal(await stage.operations.show(failed[0]), null);
      assert.deepEqual(idsOf(await claimAll(stage)), [waiting]);
    },
  },
];
