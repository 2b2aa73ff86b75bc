import assert from 'node:assert/strict';
import { claimedIds, command, insertSample, sample, saveOne, succeeded } from './sample-instance.js';
import type { SagaStoreCase } from './saga-store-subject.js';

export const messageCases: readonly SagaStoreCase[] = [
  {
    name: 'leaves messages to the relay where no lease is asked for, in the order given',
    async run(stage) {
      const given = sample();
      const { id } = given.instance;
      const messages = [command(id), command(id), command(id)];
      const born = await stage.store.transaction((tx) => tx.insert([{ ...given, messages: messages.slice(0, 1) }]));
      assert.deepEqual(born, []);
      const [stored] = (await stage.store.load([id])).instances;
      assert.ok(stored !== undefined && (await saveOne(stage, succeeded(stored, { messages: messages.slice(1) }))));
      assert.deepEqual(
        await claimedIds(stage),
        messages.map((row) => row.id),
      );
    },
  },
  {
    name: 'bears messages under a lease of the caller, who may publish and settle them without a claim',
    async run(stage) {
      const given = sample();
      const { id } = given.instance;
      const [first, second] = [command(id), command(id)];
      const born = await stage.store.transaction((tx) =>
        tx.insert([{ ...given, messages: [first] }], { bornLeaseMs: 5_000 }),
      );
      assert.deepEqual(
        born.map((row) => [row.id, row.payload, row.behind]),
        [[first.id, first.payload, null]],
      );
      const [stored] = (await stage.store.load([id])).instances;
      assert.ok(stored !== undefined);
      const change = succeeded(stored, { messages: [second] });
      const { claimed } = await stage.store.transaction((tx) => tx.save([change], { bornLeaseMs: 5_000 }));
      assert.deepEqual(
        claimed.map((row) => [row.id, row.behind]),
        [[second.id, first.id]],
      );
      assert.deepEqual(await claimedIds(stage), []);
      const settled = await stage.outbox.settle(
        born.map((row) => ({ id: row.id, epoch: row.epoch, outcome: { kind: 'sent' } })),
      );
      assert.deepEqual(
        settled.map(({ kind }) => kind),
        ['sent'],
      );
      await stage.elapse(5_001);
      assert.deepEqual(await claimedIds(stage), [second.id]);
    },
  },
  {
    name: 'marks as sent what a reply proved delivered, and revives what the same change sends again',
    async run(stage) {
      const stored = await insertSample(stage);
      const { id } = stored.instance;
      const [proven, again] = [command(id), command(id, { topic: 'payment.commands' })];
      assert.ok(await saveOne(stage, succeeded(stored, { messages: [proven, again] })));
      const [next] = (await stage.store.load([id])).instances;
      assert.ok(next !== undefined);
      const change = succeeded(next, {
        delivered: [proven.id, again.id],
        messages: [{ ...again, payload: '{"n":2}' }],
      });
      assert.ok(await saveOne(stage, change));
      assert.deepEqual(await stage.store.unsent([proven.id, again.id]), [again.id]);
      assert.equal((await stage.operations.show(again.id))?.payload, '{"n":2}');
      assert.deepEqual(await claimedIds(stage), [again.id]);
    },
  },
  {
    name: 'takes back what is certainly unsent, and not what is under a lease',
    async run(stage) {
      const stored = await insertSample(stage);
      const { id } = stored.instance;
      const [idle, leased] = [command(id, { topic: 'a' }), command(id, { topic: 'b' })];
      assert.ok(await saveOne(stage, succeeded(stored, { messages: [idle, leased] })));
      await stage.outbox.claim({ limit: 1, leaseMs: 30_000, ids: [leased.id] });
      assert.deepEqual([...(await stage.store.unsent([idle.id, leased.id]))].sort(), [idle.id, leased.id].sort());
      const attempt = stage.store.transaction(async (tx) => {
        assert.deepEqual(await tx.withdraw([idle.id, leased.id]), [idle.id]);
        throw new Error('undo');
      });
      await assert.rejects(attempt, /undo/);
      assert.equal((await stage.store.unsent([idle.id])).length, 1);
      assert.deepEqual(await stage.store.transaction((tx) => tx.withdraw([idle.id])), [idle.id]);
      assert.equal(await stage.operations.show(idle.id), null);
    },
  },
];
