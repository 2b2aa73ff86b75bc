import { createVirtualClock } from '@backstitch/messaging/testing';
import { expect, it } from 'vitest';
import { createResultWatch } from '../../src/engine/await-result.js';
import type { SagaStore, StoredInstance } from '../../src/engine/saga-store.js';
import type { SagaInstance } from '../../src/machine/instance.js';

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
  const statuses: SagaStore<never>['statuses'] = async (ids) => {
    const { instances } = await load(ids);
    return new Map(instances.map(({ instance }) => [instance.id, instance.state.status]));
  };
  return { store: { load, statuses } as unknown as SagaStore<never>, reads };
}

function instanceAs(status: string): SagaInstance {
  return { id: 'a', state: { status, steps: {} }, input: {}, bodies: {} } as unknown as SagaInstance;
}

it('answers what the instance was settled as while the look was under way', async () => {
  const { store, reads } = heldStore();
  const watch = createResultWatch(store, createVirtualClock());
  const result = watch.wait('a', { timeoutMs: undefined, signal: undefined });
  await turn();
  watch.settled(instanceAs('completed'));
  reads[0]?.('running');
  await turn();
  // The virtual clock stands still: only the settlement can have caused this.
  expect(reads).toHaveLength(1);
  expect((await result).instance.state.status).toBe('completed');
});

it('answers what the instance is settled as during the pause', async () => {
  const { store, reads } = heldStore();
  const watch = createResultWatch(store, createVirtualClock());
  const result = watch.wait('a', { timeoutMs: undefined, signal: undefined });
  await turn();
  reads[0]?.('running');
  await turn();
  expect(reads).toHaveLength(1);
  watch.settled(instanceAs('compensated'));
  await turn();
  expect(reads).toHaveLength(1);
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

it('looks at nothing for an instance that has just ended here, and later than at once for one that has just begun', async () => {
  const { store, reads } = heldStore();
  const watch = createResultWatch(store, createVirtualClock());
  const wait = { timeoutMs: undefined, signal: undefined };
  const begun = watch.wait('a', { ...wait, begunAs: instanceAs('running') });
  await turn();
  watch.settled(instanceAs('completed'));
  expect((await begun).instance.state.status).toBe('completed');
  expect((await watch.wait('a', wait)).instance.state.status).toBe('completed');
  expect(reads).toHaveLength(0);
});

it('looks at one that was parked here: somebody else may have let it go on', async () => {
  const { store, reads } = heldStore();
  const watch = createResultWatch(store, createVirtualClock());
  watch.settled(instanceAs('parked'));
  const result = watch.wait('a', { timeoutMs: undefined, signal: undefined });
  await turn();
  reads[0]?.('completed');
  await turn();
  // Where it stands, and then all of it.
  reads[1]?.('completed');
  expect((await result).instance.state.status).toBe('completed');
});
