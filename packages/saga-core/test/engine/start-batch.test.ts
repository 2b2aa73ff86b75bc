import { createVirtualClock } from '@backstitch/messaging/testing';
import { contract } from '@backstitch/messaging';
import { createMemoryOutbox } from '@backstitch/outbox/testing';
import { createMemoryDatabase, type MemoryTransaction } from '@backstitch/postgres/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { createInstanceCache } from '../../src/engine/instance-cache.js';
import type { SagaStore } from '../../src/engine/saga-store.js';
import { createStartBatch, mayShare } from '../../src/engine/start-batch.js';
import { startContext } from '../../src/engine/start-saga.js';
import { type AnySaga, sagaOn, StepDeclined } from '../../src/index.js';
import { createMemorySagaStore } from '../../src/testing/stores.js';

const saga = sagaOn<MemoryTransaction>();
const parcel = contract('parcel', { send: { request: z.object({ to: z.string() }) } });
const input = z.object({ to: z.string() });
const remote = saga('remote', { version: 1, input })
  .invoke('send', parcel.send, {
    with: ({ input: given }) => given,
    compensate: 'nothing to undo',
  })
  .output(() => ({}));
const localFirst = saga('local-first', { version: 1, input })
  .local(
    'look',
    ({ input: given }) => {
      if (given.to === 'nobody') throw new StepDeclined('NOBODY');
    },
    { compensate: 'nothing to undo' },
  )
  .invoke('send', parcel.send, { with: ({ input: given }) => given, compensate: 'nothing to undo' })
  .output(() => ({}));
const maybeFirst = saga('maybe-first', { version: 1, input })
  .invoke('send', parcel.send, { with: ({ input: given }) => given, compensate: 'nothing to undo', when: () => false })
  .local('look', () => undefined, { compensate: 'nothing to undo' })
  .output(() => ({}));
const locked = saga('locked', { version: 1, input, locks: { keys: ({ input: { to } }) => [to], whenHeld: 'wait' } })
  .invoke('send', parcel.send, {
    with: ({ input: given }) => given,
    compensate: 'nothing to undo',
  })
  .output(() => ({}));

/** Refuses rows whose input names `poison`, as a database does that cannot hold what it is given. */
function open() {
  const clock = createVirtualClock();
  const database = createMemoryDatabase();
  const outbox = createMemoryOutbox({ database, nowMs: clock.now });
  const memory = createMemorySagaStore({ database, clock, outboxTable: outbox.table });
  const sizes: number[] = [];
  const published: string[] = [];
  const store: SagaStore<MemoryTransaction> = {
    ...memory,
    transaction: (work) =>
      memory.transaction((tx) =>
        work({
          ...tx,
          async insert(rows, options) {
            sizes.push(rows.length);
            if (rows.some(({ instance }) => (instance.input as { to: string }).to === 'poison'))
              throw Object.assign(new Error('not storable'), { code: '22P05' });
            return tx.insert(rows, options);
          },
        }),
      ),
  };
  const sender = { orchestrator: 'o', installation: 'i', tokenKeys: { current: { id: 'k', secret: 'ab'.repeat(32) } } };
  const batch = createStartBatch({
    store,
    context: { ...startContext({ store }, sender), bornLeaseMs: 5_000 },
    publish: (rows) => published.push(...rows.map(({ key }) => key)),
    cache: createInstanceCache({ maxInstances: 100, maxBytes: 1_000_000 }),
    batchSize: 500,
  });
  const start = (definition: AnySaga, to: string, startKey: string | null = null) =>
    batch.start({ definition, inputJson: JSON.stringify({ to }), startKey, tags: {} });
  return { store, batch, start, sizes, published };
}

it('writes a lone start at once, and those that come meanwhile together', async () => {
  const { start, store, sizes, published } = open();
  const started = await Promise.all(['a', 'b', 'c', 'd'].map((to) => start(remote, to)));
  expect(sizes).toEqual([1, 3]);
  const { instances } = await store.load(started.map(({ sagaId }) => sagaId));
  expect(instances.map(({ instance }) => (instance.input as { to: string }).to).sort()).toEqual(['a', 'b', 'c', 'd']);
  expect(published.sort()).toEqual(started.map(({ sagaId }) => sagaId).sort());
});

it('tells the one that cannot be stored, and begins the others', async () => {
  const { start, store } = open();
  const [first, second, poison, last] = await Promise.allSettled(
    ['a', 'b', 'poison', 'd'].map((to) => start(remote, to)),
  );
  expect(poison).toMatchObject({ status: 'rejected', reason: { code: '22P05' } });
  const begun = [first, second, last].flatMap((each) => (each?.status === 'fulfilled' ? [each.value.sagaId] : []));
  expect((await store.load(begun)).instances).toHaveLength(3);
});

it('gives a transaction of its own to whoever runs code in it or may have to wait', async () => {
  const { start, sizes } = open();
  await Promise.all([start(remote, 'x'), start(localFirst, 'a'), start(remote, 'b', 'key'), start(locked, 'c')]);
  expect(sizes).toEqual([1, 1, 1, 1]);
  await expect(start(localFirst, 'nobody')).rejects.toMatchObject({ code: 'START_FAILED' });
});

it('knows from the definition alone whose first leg may run a local step', () => {
  expect([remote, localFirst, maybeFirst, locked].map((each) => mayShare(each))).toEqual([true, false, false, false]);
});
