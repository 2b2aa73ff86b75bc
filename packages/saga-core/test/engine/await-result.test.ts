import { createVirtualClock } from '@backstitch/messaging/testing';
import { expect, it } from 'vitest';
import { createResultWatch } from '../../src/engine/await-result.js';
import type { SagaStore, StoredInstance } from '../../src/engine/saga-store.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One instance whose reads are answered when told to. */
function heldStore() {
  const reads: ((status: string) => void)[] = [];
  const load: SagaStore<never>['load'] = ([id]) =>
    new Promise((resolve) => {
      reads.push((status) => {
        const stored = { instance: { id, state: { status } } } as unknown as StoredInstance;
        resolve({ now: 0, instances: [stored] });
      });
    });
  return { store: { load } as unknown as SagaStore<never>, reads };
}

it('looks again at once where the instance was settled while the look was under way', async () => {
  const { store, reads } = heldStore();
  const watch = createResultWatch(store, createVirtualClock());
  const result = watch.wait('a', { timeoutMs: undefined, signal: undefined });
  await turn();
  watch.settled('a');
  reads[0]?.('running');
  await turn();
  // The virtual clock stands still: only the settlement can have caused this.
  expect(reads).toHaveLength(2);
  reads[1]?.('completed');
  expect((await result).instance.state.status).toBe('completed');
});

it('looks again when the instance is settled during the pause', async () => {
  const { store, reads } = heldStore();
  const watch = createResultWatch(store, createVirtualClock());
  const result = watch.wait('a', { timeoutMs: undefined, signal: undefined });
  await turn();
  reads[0]?.('running');
  await turn();
  expect(reads).toHaveLength(1);
  watch.settled('a');
  await turn();
  reads[1]?.('compensated');
  expect((await result).instance.state.status).toBe('compensated');
});

it('ends all waiting when it is closed', async () => {
  const { store, reads } = heldStore();
  const watch = createResultWatch(store, createVirtualClock());
  const result = watch.wait('a', { timeoutMs: undefined, signal: undefined });
  await turn();
  reads[0]?.('running');
  await turn();
  watch.close();
  await turn();
  reads[1]?.('running');
  await expect(result).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
});
