import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { NewLetter } from '../../engine/saga-store.js';
import {
  command,
  dueIds,
  insertSample,
  insertSamples,
  letter,
  loadOne,
  resume,
  saveOne,
  succeeded,
} from './sample-instance.js';
import type { SagaStoreCase, SagaStoreStage } from './saga-store-subject.js';

function post(stage: SagaStoreStage, ...letters: readonly NewLetter[]): Promise<readonly string[]> {
  return stage.store.transaction((tx) => tx.post(letters));
}

async function idsIn(stage: SagaStoreStage, ...sagaIds: readonly string[]): Promise<readonly string[]> {
  return (await stage.store.mailbox(sagaIds)).map((each) => each.id);
}

const parked = { from: 'running', code: 'X', message: 'x', at: 1 } as const;

export const mailboxCases: readonly SagaStoreCase[] = [
  {
    name: 'keeps letters as they were, oldest first, and wakes their instances',
    async run(stage) {
      const [one, two] = (await insertSamples(stage, {}, {})) as [string, string];
      const input = {
        kind: 'replied',
        step: 'reserve',
        round: 1,
        direction: 'do',
        attempt: 1,
        outcome: { kind: 'succeeded', output: '\0\u001e' },
      } as const;
      assert.deepEqual(await post(stage, letter(one, 'z', input), letter(two, 'y')), []);
      assert.deepEqual(await post(stage, letter(one, 'a')), []);
      assert.deepEqual(await stage.store.mailbox([one]), [letter(one, 'z', input), letter(one, 'a', resume)]);
      assert.deepEqual(await idsIn(stage, two, one), ['z', 'y', 'a']);
      assert.deepEqual([...(await dueIds(stage))].sort(), [one, two].sort());
    },
  },
  {
    name: 'keeps a letter once an instance, whoever sends it again',
    async run(stage) {
      const [one, two] = (await insertSamples(stage, {}, {})) as [string, string];
      await post(stage, letter(one, 'a'), letter(one, 'a'), letter(two, 'a'));
      await post(stage, letter(one, 'a', { kind: 'pause', actor: 'bob', reason: 'again' }));
      assert.deepEqual(await stage.store.mailbox([one, two]), [letter(one, 'a'), letter(two, 'a')]);
    },
  },
  {
    name: 'says which letters have no instance, and keeps the others',
    async run(stage) {
      const { instance } = await insertSample(stage);
      const unknown = randomUUID();
      const homeless = await post(stage, letter(unknown, 'a'), letter(instance.id, 'b'), letter('order-17', 'c'));
      assert.deepEqual([...homeless].sort(), ['a', 'c']);
      assert.deepEqual(await idsIn(stage, unknown, instance.id, 'order-17'), ['b']);
    },
  },
  {
    name: 'forgets a letter with the save that applied it, and no other',
    async run(stage) {
      const stored = await insertSample(stage);
      const { id } = stored.instance;
      await post(stage, letter(id, 'a'), letter(id, 'b'));
      assert.ok(await saveOne(stage, succeeded(stored, { taken: ['a'] })));
      assert.deepEqual(await idsIn(stage, id), ['b']);
      assert.deepEqual(await dueIds(stage), [id], 'what is left keeps it due');
      assert.ok(await saveOne(stage, succeeded(await loadOne(stage, id), { taken: ['b'] })));
      assert.deepEqual(await idsIn(stage, id), []);
      assert.deepEqual(await dueIds(stage), []);
    },
  },
  {
    name: 'takes a letter of the saved instance only, though another has one of the same id',
    async run(stage) {
      const [one, two] = (await insertSamples(stage, {}, {})) as [string, string];
      await post(stage, letter(one, 'a'), letter(two, 'a'));
      assert.ok(await saveOne(stage, succeeded(await loadOne(stage, one), { taken: ['a'] })));
      assert.deepEqual(await stage.store.mailbox([one, two]), [letter(two, 'a')]);
    },
  },
  {
    name: 'leaves an instance due whose save did not know of its letter, though that save finished or parked it',
    async run(stage) {
      const ids = await insertSamples(stage, {}, {}, {}, {});
      const states = [{}, { status: 'completed' }, { status: 'parked', parked }, { pausedAt: 1 }] as const;
      const stored = await Promise.all(ids.map((id) => loadOne(stage, id)));
      await post(stage, ...ids.map((id) => letter(id, 'a')));
      for (const [place, before] of stored.entries()) {
        const wakeAt = place === 0 ? before.updatedAt + 3_600_000 : null;
        assert.ok(await saveOne(stage, succeeded(before, { state: states[place] ?? {}, wakeAt })));
      }
      assert.deepEqual([...(await dueIds(stage))].sort(), [...ids].sort());
      for (const id of ids) {
        const before = await loadOne(stage, id);
        const wakeAt = id === ids[0] ? before.updatedAt + 3_600_000 : null;
        assert.ok(await saveOne(stage, succeeded(before, { taken: ['a'], wakeAt })));
      }
      assert.deepEqual(await dueIds(stage), [], 'and once they are taken it rests');
    },
  },
  {
    name: 'wakes an instance that is finished, parked or paused, for what came must be looked at',
    async run(stage) {
      const wakeAt = null;
      const ids = await insertSamples(
        stage,
        { wakeAt, state: { status: 'compensated' } },
        { wakeAt, state: { status: 'parked', parked } },
        { wakeAt, state: { pausedAt: 1 } },
      );
      assert.deepEqual(await post(stage, ...ids.map((id) => letter(id, 'a'))), []);
      assert.deepEqual([...(await dueIds(stage))].sort(), [...ids].sort());
    },
  },
  {
    name: 'does not make an overdue instance less overdue',
    async run(stage) {
      const [first, second] = (await insertSamples(stage, { wakeInMs: 10_000 }, { wakeInMs: 20_000 })) as [
        string,
        string,
      ];
      await stage.elapse(40_000);
      await post(stage, letter(first, 'a'));
      assert.deepEqual(await dueIds(stage), [first, second]);
    },
  },
  {
    name: 'neither keeps nor wakes where the transaction rolls back',
    async run(stage) {
      const { instance } = await insertSample(stage);
      const attempt = stage.store.transaction(async (tx) => {
        await tx.post([letter(instance.id, 'a')]);
        throw new Error('undo');
      });
      await assert.rejects(attempt, /undo/);
      assert.deepEqual(await idsIn(stage, instance.id), []);
      assert.deepEqual(await dueIds(stage), []);
    },
  },
  {
    name: 'leaves no letter forgotten that is posted while its instance is being saved',
    async run(stage) {
      const ids = await insertSamples(stage, ...Array.from({ length: 20 }, () => ({})));
      const stored = await Promise.all(ids.map((id) => loadOne(stage, id)));
      await Promise.all(
        stored.flatMap((before) => [post(stage, letter(before.instance.id, 'a')), saveOne(stage, succeeded(before))]),
      );
      assert.deepEqual([...(await dueIds(stage))].sort(), [...ids].sort());
    },
  },
  {
    name: 'waits with a letter until the save under way has ended, and then wakes what it left',
    concurrent: true,
    async run(stage) {
      const before = await insertSample(stage);
      const { id } = before.instance;
      const { promise, posted } = await stage.store.transaction(async (tx) => {
        await tx.save([succeeded(before)]);
        let arrived = false;
        const posting = post(stage, letter(id, 'a')).finally(() => {
          arrived = true;
        });
        // A round trip that the post would overtake, did it not wait.
        await stage.store.load([id]);
        await stage.store.load([id]);
        return { promise: posting, posted: arrived };
      });
      assert.equal(posted, false);
      assert.deepEqual(await promise, []);
      assert.deepEqual(await dueIds(stage), [id]);
      assert.equal((await loadOne(stage, id)).revision, 2);
    },
  },
  {
    name: 'tells an instance of a command that the broker refused for good',
    async run(stage) {
      const before = await insertSample(stage);
      const { id } = before.instance;
      const row = command(id, { maxRetries: 0 });
      assert.ok(await saveOne(stage, succeeded(before, { messages: [row] })));
      const [claimed] = await stage.outbox.claim({ limit: 1, leaseMs: 30_000 });
      const outcome = { kind: 'refused', code: 'RECORD_TOO_LARGE', message: 'over 1 MiB: too large' } as const;
      await stage.outbox.settle([{ id: row.id, epoch: claimed?.epoch ?? -1, outcome }]);
      const [kept, ...others] = await stage.store.mailbox([id]);
      assert.deepEqual(others, []);
      const { code, message } = outcome;
      assert.deepEqual(kept?.input, { kind: 'notSent', step: 'reserve', round: 1, direction: 'do', code, message });
      assert.deepEqual(await dueIds(stage), [id]);
    },
  },
  {
    name: 'sends what stands behind a command that the broker refused for good, in doubt or not',
    async run(stage) {
      const { instance } = await insertSample(stage);
      const { id } = instance;
      const [refused, behind] = [command(id, { maxRetries: 0 }), command(id)];
      assert.ok(await saveOne(stage, succeeded(await loadOne(stage, id), { messages: [refused, behind] })));
      const [first] = await stage.outbox.claim({ limit: 1, leaseMs: 30_000 });
      await stage.outbox.settle([{ id: refused.id, epoch: first?.epoch ?? -1, outcome: { kind: 'unknown' } }]);
      const [again] = await stage.outbox.claim({ limit: 1, leaseMs: 30_000 });
      const outcome = { kind: 'refused', code: 'RECORD_TOO_LARGE', message: 'over 1 MiB' } as const;
      await stage.outbox.settle([{ id: refused.id, epoch: again?.epoch ?? -1, outcome }]);
      const claimed = await stage.outbox.claim({ limit: 10, leaseMs: 30_000 });
      assert.deepEqual(
        claimed.map((row) => row.id),
        [behind.id],
      );
    },
  },
  {
    name: 'says nothing of a refused record that may have arrived before, that is no command, or whose saga is unknown',
    async run(stage) {
      const before = await insertSample(stage);
      const { id } = before.instance;
      const doubtful = command(id, { maxRetries: 0, topic: 'a.commands' });
      const event = command(id, { maxRetries: 0, topic: 'b.events', aggregateType: 'order' });
      const nonsense = command(id, { maxRetries: 0, topic: 'c.commands', aggregateId: 'nonsense' });
      const orphan = command('order-17', { maxRetries: 0 });
      assert.ok(await saveOne(stage, succeeded(before, { messages: [doubtful, event, nonsense, orphan] })));
      const [first] = await stage.outbox.claim({ limit: 1, leaseMs: 30_000, ids: [doubtful.id] });
      await stage.outbox.settle([{ id: doubtful.id, epoch: first?.epoch ?? -1, outcome: { kind: 'unknown' } }]);
      const claimed = await stage.outbox.claim({ limit: 10, leaseMs: 30_000 });
      const outcome = { kind: 'refused', code: 'NOT_AUTHORISED', message: 'no' } as const;
      const settled = await stage.outbox.settle(claimed.map((row) => ({ id: row.id, epoch: row.epoch, outcome })));
      assert.deepEqual(
        settled.map(({ kind }) => kind),
        ['failed', 'failed', 'failed', 'failed'],
      );
      assert.deepEqual(await stage.store.mailbox([id]), []);
      assert.deepEqual(await dueIds(stage), []);
    },
  },
];
