import assert from 'node:assert/strict';
import type { SendOutcome } from '../../outbox-store.js';
import { leaseMs, type OutboxConformanceCase } from './conformance-subject.js';
import { claimAll, idsOf, insertRows, newRow, refusal } from './new-row.js';

const note = { actor: 'ada', reason: 'OPS-1' };

export const pruneCases: readonly OutboxConformanceCase[] = [
  {
    name: 'never prunes a row that is unsent, whatever its status and however old it is',
    async run(stage) {
      const lanes = ['pending', 'retry', 'failed', 'parked', 'leased', 'revived', 'sent'];
      const rows = lanes.map((key) => newRow({ key, maxRetries: key === 'failed' ? 0 : 3 }));
      const [, retry, failed, parked, leased, revived, sent] = await insertRows(stage, ...rows);
      const delayed = newRow({ ordered: false, deliverAfter: { ms: 90 * 86_400_000 } });
      await insertRows(stage, delayed);
      const asked = [retry, failed, leased, revived, sent].flatMap((id) => id ?? []);
      const claimed = await stage.store.claim({ limit: 9, leaseMs: 61 * 86_400_000, ids: asked });
      const outcomes = new Map<string | undefined, SendOutcome>([
        [retry, refusal],
        [failed, refusal],
        [revived, { kind: 'sent' }],
        [sent, { kind: 'sent' }],
      ]);
      await stage.store.settle(
        claimed.flatMap(({ id, epoch }) => {
          const outcome = outcomes.get(id);
          return outcome === undefined ? [] : [{ id, epoch, outcome }];
        }),
      );
      assert.deepEqual(await stage.operations.park([parked ?? ''], note), [parked]);
      await insertRows(stage, ...rows.filter((row) => row.id === revived));
      await stage.elapse(60 * 86_400_000);
      assert.equal(await stage.store.prune({ olderThanMs: 1_000, limit: 100 }), 1);
      const left = await stage.transaction((tx) => stage.table.find(tx, [...idsOf(rows), delayed.id]));
      assert.deepEqual(idsOf(left).sort(), [...idsOf(rows).filter((id) => id !== sent), delayed.id].sort());
    },
  },
  {
    name: 'lets several prune at once: each old row goes once, and nobody takes what another has',
    async run(stage) {
      await insertRows(stage, ...Array.from({ length: 40 }, (_, index) => newRow({ key: `k${index}` })));
      const claimed = await claimAll(stage);
      await stage.store.settle(claimed.map(({ id, epoch }) => ({ id, epoch, outcome: { kind: 'sent' } })));
      await stage.elapse(leaseMs);
      const [unsent] = await insertRows(stage, newRow());
      const prune = async (): Promise<number> => {
        let deleted = 0;
        for (let batch = 1; batch > 0; deleted += batch) {
          batch = await stage.store.prune({ olderThanMs: 1_000, limit: 7 });
        }
        return deleted;
      };
      const counts = await Promise.all([prune(), prune(), prune(), prune()]);
      assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        40,
      );
      assert.deepEqual(idsOf(await claimAll(stage)), [unsent]);
    },
  },
];
