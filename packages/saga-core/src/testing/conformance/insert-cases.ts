import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { SagaTransaction } from '../../engine/saga-store.js';
import {
  claimedIds,
  command,
  dueIds,
  insertSample,
  insertSamples,
  loadOne,
  sample,
  saveOne,
  succeeded,
} from './sample-instance.js';
import type { SagaStoreCase, SagaStoreStage } from './saga-store-subject.js';

const undo = new Error('undo');

/** Does `work` in a transaction of the library's own that then rolls back. */
async function undone(stage: SagaStoreStage, work: (tx: SagaTransaction<unknown>) => Promise<unknown>): Promise<void> {
  const attempt = stage.store.transaction(async (tx) => {
    await work(tx);
    throw undo;
  });
  await assert.rejects(attempt, undo);
}

export const insertCases: readonly SagaStoreCase[] = [
  {
    name: 'gives back what was inserted: state, bodies, input, tags, start key, and times of its own clock',
    async run(stage) {
      const { now } = await stage.store.load([]);
      const given = sample({ now, tags: { customer: 'c-7' }, startKey: 'k-1' });
      await stage.store.transaction((tx) => tx.insert([given]));
      const { instances, now: later } = await stage.store.load([given.instance.id]);
      const [stored] = instances;
      assert.ok(stored !== undefined);
      assert.deepEqual(stored.instance, given.instance);
      assert.deepEqual(stored.tags, { customer: 'c-7' });
      assert.equal(stored.startKey, 'k-1');
      assert.equal(stored.revision, 1);
      assert.equal(stored.createdAt, stored.updatedAt);
      assert.ok(now <= stored.createdAt && stored.createdAt <= later, `${now} <= ${stored.createdAt} <= ${later}`);
      for (const time of [now, later, stored.createdAt]) assert.ok(Number.isSafeInteger(time), String(time));
    },
  },
  {
    name: 'keeps what was given at that moment: who changes the object afterwards changes nothing stored',
    async run(stage) {
      const input = { order: 'o-1' };
      const given = sample({ input });
      await stage.store.transaction((tx) => tx.insert([given]));
      input.order = 'o-2';
      const first = await loadOne(stage, given.instance.id);
      assert.deepEqual(first.instance.input, { order: 'o-1' });
      (first.instance.input as { order: string }).order = 'o-3';
      assert.deepEqual((await loadOne(stage, given.instance.id)).instance.input, { order: 'o-1' });
    },
  },
  {
    name: 'keeps any JSON: separators, NUL, lone surrogates, empty texts, no input at all',
    async run(stage) {
      const texts = ['', '\u001e', '\u001e\u001f\u001e', '\0', '\ud800', 'null', '"', '\\', '{}', '\ud83e\uddf5'];
      const ids = await insertSamples(
        stage,
        { input: texts, sent: texts },
        { input: undefined, sent: '' },
        { input: null, sent: null },
      );
      const [all, none, nothing] = await Promise.all(ids.map((id) => loadOne(stage, id)));
      assert.deepEqual(all?.instance.input, texts);
      assert.deepEqual(all?.instance.bodies, { reserve: { sent: texts } });
      assert.equal(none?.instance.input, undefined);
      assert.deepEqual(none?.instance.bodies, { reserve: { sent: '' } });
      assert.equal(nothing?.instance.input, null);
    },
  },
  {
    name: 'leaves out ids that it does not know, those too that no store could know',
    async run(stage) {
      const { instance } = await insertSample(stage);
      const ids = [randomUUID(), instance.id, 'order-17', '', "';--", instance.id.toUpperCase(), '\0'];
      const { instances } = await stage.store.load(ids);
      assert.deepEqual(
        instances.map((stored) => stored.instance.id),
        [instance.id],
      );
      const locked = await stage.store.transaction((tx) => tx.lock(ids));
      assert.deepEqual(
        locked.map((stored) => stored.instance.id),
        [instance.id],
      );
      assert.deepEqual(await stage.store.mailbox(ids), []);
      assert.deepEqual((await stage.store.load([])).instances, []);
    },
  },
  {
    name: 'reads a journal in its order, however long',
    async run(stage) {
      const { instance } = await insertSample(stage);
      for (let seq = 2; seq <= 12; seq += 1) {
        assert.ok(await saveOne(stage, succeeded(await loadOne(stage, instance.id), { output: seq })));
      }
      const stored = await loadOne(stage, instance.id);
      assert.equal(stored.instance.seq, 12);
      assert.deepEqual(stored.instance.bodies['reserve']?.output, 12);
      assert.equal(stored.revision, 12);
    },
  },
  {
    name: 'refuses a live instance without a time at which it is looked at',
    async run(stage) {
      for (const status of ['running', 'compensating'] as const) {
        const attempt = stage.store.transaction((tx) => tx.insert([sample({ wakeAt: null, state: { status } })]));
        await assert.rejects(attempt, (error: unknown) => stage.store.classify(error) === 'other');
      }
      const never = stage.store.transaction((tx) => tx.insert([sample({ wakeAt: Number.POSITIVE_INFINITY })]));
      await assert.rejects(never);
    },
  },
  {
    name: 'takes one without such a time that is finished, parked or paused',
    async run(stage) {
      const parked = { from: 'running', code: 'JOURNAL_FULL', message: 'full', at: 1 } as const;
      const ids = await insertSamples(
        stage,
        { wakeAt: null, state: { status: 'completed' } },
        { wakeAt: null, state: { status: 'compensated' } },
        { wakeAt: null, state: { status: 'parked', parked } },
        { wakeAt: null, state: { pausedAt: 1 } },
      );
      assert.equal((await stage.store.load(ids)).instances.length, 4);
      assert.deepEqual(await dueIds(stage), []);
    },
  },
  {
    name: 'refuses a second instance under one id',
    async run(stage) {
      const first = await insertSample(stage, { input: 1 });
      const attempt = stage.store.transaction((tx) => tx.insert([sample({ id: first.instance.id, input: 2 })]));
      await assert.rejects(attempt);
      assert.deepEqual(await loadOne(stage, first.instance.id), first);
    },
  },
  {
    name: 'leaves nothing of a transaction that rolled back: no instance, no message, no start key',
    async run(stage) {
      const id = randomUUID();
      const claim = { saga: 'place-order', key: 'k-1', fingerprint: 'f', sagaId: id };
      await undone(stage, async (tx) => {
        assert.equal((await tx.claimStartKey(claim)).kind, 'claimed');
        await tx.insert([sample({ id, messages: [command(id)] })]);
        assert.equal((await tx.lock([id])).length, 1);
      });
      assert.deepEqual((await stage.store.load([id])).instances, []);
      assert.deepEqual(await claimedIds(stage), []);
      assert.equal((await stage.store.transaction((tx) => tx.claimStartKey(claim))).kind, 'claimed');
    },
  },
  {
    name: 'undoes a savepoint whose work throws, throws that on, and goes on',
    async run(stage) {
      const [kept, gone] = [sample(), sample()];
      await stage.store.transaction(async (tx) => {
        await tx.insert([kept]);
        const inner = tx.savepoint(async () => {
          await tx.insert([gone]);
          throw undo;
        });
        await assert.rejects(inner, undo);
        assert.equal(await tx.savepoint(async () => 7), 7);
      });
      const { instances } = await stage.store.load([kept.instance.id, gone.instance.id]);
      assert.deepEqual(
        instances.map((stored) => stored.instance.id),
        [kept.instance.id],
      );
    },
  },
  {
    name: "works within a caller's transaction, which decides whether it happened",
    async run(stage) {
      const [kept, gone] = [sample(), sample()];
      await stage.transaction(async (trx) => {
        const tx = stage.store.within(trx);
        assert.equal(tx.trx, trx);
        await tx.insert([kept]);
        assert.equal(tx.phase(), 'open');
      });
      const attempt = stage.transaction(async (trx) => {
        await stage.store.within(trx).insert([gone]);
        throw undo;
      });
      await assert.rejects(attempt, undo);
      const { instances } = await stage.store.load([kept.instance.id, gone.instance.id]);
      assert.deepEqual(
        instances.map((stored) => stored.instance.id),
        [kept.instance.id],
      );
    },
  },
  {
    name: 'refuses to work in a transaction that has ended',
    async run(stage) {
      const trx = await stage.transaction(async (open) => open);
      await assert.rejects(async () => stage.store.within(trx).insert([sample()]));
      let ended: SagaTransaction<unknown> | undefined;
      await stage.transaction(async (open) => {
        ended = stage.store.within(open);
      });
      assert.notEqual(ended?.phase(), 'open');
      await assert.rejects(async () => ended?.insert([sample()]));
    },
  },
  {
    name: 'tells the end of its own transactions, after a rollback too',
    async run(stage) {
      const heard: string[] = [];
      const watch = (tx: SagaTransaction<unknown>, name: string): void => {
        tx.afterEnd(() => heard.push(`${name} ${tx.phase()}`));
        heard.push(`${name} ${tx.phase()}`);
      };
      await stage.store.transaction(async (tx) => watch(tx, 'first'));
      await undone(stage, async (tx) => watch(tx, 'second'));
      assert.deepEqual(heard, ['first open', 'first ended', 'second open', 'second ended']);
    },
  },
  {
    name: 'refuses tags and start keys that cannot be stored, before the transaction is spoilt',
    async run(stage) {
      const good = sample();
      await stage.store.transaction(async (tx) => {
        for (const bad of ['a\0b', '\udc00', 'x'.repeat(5_000)]) {
          await assert.rejects(async () => tx.insert([sample({ tags: { customer: bad } })]), { code: 'INPUT_INVALID' });
          await assert.rejects(async () => tx.insert([sample({ startKey: bad })]), { code: 'INPUT_INVALID' });
          const claim = { saga: 'place-order', key: bad, fingerprint: 'f', sagaId: good.instance.id };
          await assert.rejects(async () => tx.claimStartKey(claim), { code: 'INPUT_INVALID' });
        }
        await tx.insert([good]);
      });
      assert.equal((await stage.store.load([good.instance.id])).instances.length, 1);
    },
  },
];
