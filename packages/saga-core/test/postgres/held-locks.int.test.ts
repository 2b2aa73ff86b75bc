import type { Knex } from 'knex';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { insertSample, loadOne, saveOne, succeeded } from '../../src/testing/conformance/sample-instance.js';
import { knexSagaDatabase, type SagaDatabase } from './saga-database.js';

let db: SagaDatabase<Knex.Transaction>;
beforeAll(async () => {
  db = await knexSagaDatabase();
});
afterEach(() => stage().close());
afterAll(() => db.end());

const stage = () => db.sagaStore({ lockTimeoutMs: 100, quarantineRows: 100 });

it('saves by the lock that the transaction holds, once for each revision', async () => {
  const { store } = stage();
  const before = await insertSample(stage());
  const { id } = before.instance;
  const saved = await store.transaction(async (tx) => {
    await tx.lock([id]);
    const first = await tx.save([succeeded(before)]);
    const again = await tx.save([succeeded(before)]);
    return [first.saved, again.saved];
  });
  expect(saved).toEqual([[id], []]);
  expect((await loadOne(stage(), id)).revision).toBe(before.revision + 1);
});

it('does not trust a lock that a savepoint took back', async () => {
  const { store } = stage();
  const before = await insertSample(stage());
  const { id } = before.instance;
  const { saved } = await store.transaction(async (tx) => {
    const undo = tx.savepoint(async () => {
      await tx.lock([id]);
      throw new Error('undo');
    });
    await expect(undo).rejects.toThrow('undo');
    expect(await saveOne(stage(), succeeded(before, { output: 'rival' }))).toBe(true);
    return tx.save([succeeded(before, { output: 'late' })]);
  });
  expect(saved).toEqual([]);
  expect((await loadOne(stage(), id)).instance.bodies['reserve']?.output).toBe('rival');
});
