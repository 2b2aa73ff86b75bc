import { commandId, contract } from '@backstitch/messaging';
import type { MemoryTransaction } from '@backstitch/postgres/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { createAdvance } from '../../src/engine/advance-instances.js';
import type { AdvanceOptions } from '../../src/engine/advance-options.js';
import { createInstanceCache } from '../../src/engine/instance-cache.js';
import type { ReplyItem } from '../../src/engine/item.js';
import { operate } from '../../src/engine/operate.js';
import { createStartBatch } from '../../src/engine/start-batch.js';
import { startContext } from '../../src/engine/start-saga.js';
import { sagaOn } from '../../src/index.js';
import { memoryAdvance } from './memory-advance.js';

const depot = contract('depot', { move: { request: z.object({}) } });
const step = { with: () => ({}), compensate: 'nothing to undo' } as const;
const route = sagaOn<MemoryTransaction>()('route', { version: 1, input: z.object({}) })
  .invoke('one', depot.move, step)
  .invoke('two', depot.move, step)
  .invoke('three', depot.move, step)
  .output(() => ({}));

function succeeded(sagaId: string, name: string): ReplyItem {
  const record = { topic: 'o.replies.depot', partition: 0, offset: '0', head: '' };
  return {
    kind: 'reply',
    sagaId,
    input: { kind: 'replied', step: name, round: 1, direction: 'do', attempt: 1, outcome: { kind: 'succeeded' } },
    commandId: commandId({ sagaId, step: name, item: null, round: 1, direction: 'do' }),
    letterId: `${sagaId}/${name}`,
    record,
  };
}

/** Two processes on one store, each with a memory of its own, and how often each has read. */
async function open() {
  const { options, ...shared } = memoryAdvance([route]);
  const process = () => {
    let reads = 0;
    const store = {
      ...options.store,
      load: (ids: readonly string[]) => {
        reads += 1;
        return options.store.load(ids);
      },
    };
    const cache = createInstanceCache({ maxInstances: 100, maxBytes: 1_000_000 });
    const own: AdvanceOptions<MemoryTransaction> = { ...options, store, cache };
    return { own, advance: createAdvance(own), reads: () => reads };
  };
  const [here, there] = [process(), process()];
  const starts = createStartBatch({
    store: here.own.store,
    context: { ...startContext({ store: here.own.store }, options.sender), bornLeaseMs: 5_000 },
    publish: () => undefined,
    cache: here.own.cache,
    batchSize: 10,
  });
  const { sagaId } = await starts.start({ definition: route, inputJson: '{}', startKey: null, tags: {} });
  const stored = async () => (await options.store.load([sagaId])).instances[0];
  return { ...shared, here, there, sagaId, stored };
}

it('reads nothing of an instance that only this process moves', async () => {
  const { here, sagaId, stored } = await open();
  for (const name of ['one', 'two', 'three']) await here.advance([succeeded(sagaId, name)]);
  expect((await stored())?.instance.state.status).toBe('completed');
  expect(here.reads()).toBe(0);
});

it('does not throw away a reply because of what it wrongly remembers', async () => {
  const { here, there, sagaId, stored } = await open();
  await here.advance([succeeded(sagaId, 'one')]);
  await there.advance([succeeded(sagaId, 'two')]);
  // As it is remembered here, the third step was never begun.
  await here.advance([succeeded(sagaId, 'three')]);
  expect((await stored())?.instance.state.status).toBe('completed');
});

it('saves nothing on top of what another process has saved', async () => {
  const { here, there, sagaId, stored } = await open();
  await there.advance([succeeded(sagaId, 'one')]);
  // The same reply again: as it is remembered here, it is still awaited.
  await here.advance([succeeded(sagaId, 'one')]);
  const after = await stored();
  expect([after?.revision, after?.instance.seq]).toEqual([2, 2]);
  expect(here.reads()).toBe(1);
});

it('heeds what an operator has said elsewhere', async () => {
  const { here, there, sagaId, stored } = await open();
  await operate(there.own, sagaId, { kind: 'pause', actor: 'ann', reason: 'a recall' });
  await here.advance([succeeded(sagaId, 'one')]);
  const steps = (await stored())?.instance.state.steps;
  expect(steps?.['one']?.status).toBe('succeeded');
  expect(steps?.['two']).toBeUndefined();
});

it('finds out that an instance is gone', async () => {
  const { here, there, sagaId, database } = await open();
  await there.advance([succeeded(sagaId, 'one')]);
  await database.transaction(async (tx) => void tx.table('saga_instances').delete(sagaId));
  await here.advance([succeeded(sagaId, 'one')]);
  expect(here.own.cache.get(sagaId)).toBeUndefined();
});
