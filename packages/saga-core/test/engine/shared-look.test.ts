import { expect, it } from 'vitest';
import type { StoredInstance } from '../../src/engine/saga-store.js';
import { createSharedLook } from '../../src/engine/shared-look.js';

const stored = (id: string): StoredInstance => ({ instance: { id } }) as unknown as StoredInstance;

/** Answers each statement when told to. */
function heldStore() {
  const statements: {
    ids: readonly string[];
    answer: (visible: readonly string[]) => void;
    fail: (error: Error) => void;
  }[] = [];
  const read = (ids: readonly string[]): Promise<ReadonlyMap<string, StoredInstance>> =>
    new Promise((resolve, reject) => {
      statements.push({
        ids,
        answer: (visible) => resolve(new Map(visible.map((id) => [id, stored(id)]))),
        fail: reject,
      });
    });
  return { read, statements };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('reads what is asked for in one turn by one statement', async () => {
  const { read, statements } = heldStore();
  const look = createSharedLook(read);
  const looks = [look('a'), look('b'), look('a')];
  await turn();
  expect(statements.map(({ ids }) => ids)).toEqual([['a', 'b']]);
  statements[0]?.answer(['a']);
  expect((await Promise.all(looks)).map((each) => each?.instance.id)).toEqual(['a', undefined, 'a']);
});

it('answers no look from a statement that began before it was asked for', async () => {
  const { read, statements } = heldStore();
  const look = createSharedLook(read);
  const early = look('a');
  await turn();
  const late = look('a');
  statements[0]?.answer([]);
  expect(await early).toBeUndefined();
  await turn();
  expect(statements).toHaveLength(2);
  statements[1]?.answer(['a']);
  expect((await late)?.instance.id).toBe('a');
});

it('hands a failed statement to those who shared it, and goes on', async () => {
  const { read, statements } = heldStore();
  const look = createSharedLook(read);
  const failing = look('a');
  await turn();
  const next = look('b');
  statements[0]?.fail(new Error('gone'));
  await expect(failing).rejects.toThrow('gone');
  await turn();
  statements[1]?.answer(['b']);
  expect((await next)?.instance.id).toBe('b');
});

it('takes at most 200 instances a statement', async () => {
  const { read, statements } = heldStore();
  const look = createSharedLook(read);
  const looks = Array.from({ length: 201 }, (_, at) => look(`saga-${at}`));
  await turn();
  expect(statements[0]?.ids).toHaveLength(200);
  statements[0]?.answer([]);
  await turn();
  expect(statements[1]?.ids).toEqual(['saga-200']);
  statements[1]?.answer([]);
  expect(await Promise.all(looks)).toHaveLength(201);
});
