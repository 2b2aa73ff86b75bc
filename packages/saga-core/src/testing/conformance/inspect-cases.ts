import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { commandId } from '@backstitch/messaging';
import { commandRowId } from '../../engine/command-message.js';
import { createInstances } from '../../engine/instances.js';
import { record } from './evidence-cases.js';
import type { SagaStoreCase } from './saga-store-subject.js';
import { command, insertSample, letter, loadOne, saveOne, succeeded } from './sample-instance.js';

export const inspectCases: readonly SagaStoreCase[] = [
  {
    name: 'shows an instance with its commands, letters, discards and what was quarantined of it',
    async run(stage) {
      const id = randomUUID();
      const row = commandRowId(id, commandId({ sagaId: id, step: 'reserve', item: null, round: 1, direction: 'do' }));
      await insertSample(stage, { id, messages: [command(id, { id: row })], input: { order: 'o-1' } });
      await insertSample(stage, {});
      await stage.store.transaction((tx) => tx.post([letter(id, 'l-1')]));
      await stage.store.countDiscards([
        { sagaId: id, step: 'reserve', reason: 'late', count: 2 },
        { sagaId: 'another', step: 'reserve', reason: 'late', count: 1 },
      ]);
      await stage.store.quarantine([record({ head: `{"sagaid":"${id}"` }), record()]);
      const seen = await createInstances({ store: stage.store }).inspect(id);
      assert.ok(seen !== undefined);
      assert.deepEqual([seen.instance.id, seen.input, seen.remaining], [id, { order: 'o-1' }, undefined]);
      assert.deepEqual(
        seen.messages.map((each) => [each.id, each.status, each.eventType]),
        [[row, 'PENDING', 'reserve']],
      );
      assert.deepEqual(
        seen.mailbox.map((each) => each.id),
        ['l-1'],
      );
      assert.deepEqual(seen.discards, [{ sagaId: id, step: 'reserve', reason: 'late', count: 2 }]);
      assert.deepEqual(
        seen.quarantined.map(({ head }) => head),
        [`{"sagaid":"${id}"`],
      );
    },
  },
  {
    name: 'shows a journal page by page',
    async run(stage) {
      const stored = await insertSample(stage, {});
      const { id } = stored.instance;
      for (let saves = 0; saves < 4; saves += 1) assert.ok(await saveOne(stage, succeeded(await loadOne(stage, id))));
      const { inspect } = createInstances({ store: stage.store });
      const page = async (journalAfter: number, journalLimit: number) => {
        const { journal = [], journalNext } = (await inspect(id, { journalAfter, journalLimit })) ?? {};
        return [journal.map(({ seq }) => seq), journalNext];
      };
      assert.deepEqual(await page(0, 2), [[1, 2], 2]);
      assert.deepEqual(await page(2, 3), [[3, 4, 5], null]);
      assert.deepEqual(await page(5, 3), [[], null]);
      assert.deepEqual((await inspect(id))?.journal.length, 5);
      for (const options of [{ journalAfter: -1 }, { journalLimit: 0 }, { journalLimit: 1_001 }])
        await assert.rejects(inspect(id, options), { code: 'OPTION_INVALID' });
    },
  },
  {
    name: 'shows nothing of an instance that is not there, nor of what is no id',
    async run(stage) {
      const { inspect } = createInstances({ store: stage.store });
      for (const id of [randomUUID(), 'no-id', "'; drop table x"]) assert.equal(await inspect(id), undefined);
    },
  },
];
