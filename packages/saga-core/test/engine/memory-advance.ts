import { silentLogger } from '@backstitch/messaging';
import { createVirtualClock, type VirtualClock } from '@backstitch/messaging/testing';
import { createMemoryOutbox, type MemoryOutbox } from '@backstitch/outbox/testing';
import { createMemoryDatabase, type MemoryDatabase, type MemoryTransaction } from '@backstitch/postgres/testing';
import type { SagaDefinition } from '../../src/definition/step-definition.js';
import type { AdvanceOptions } from '../../src/engine/advance-options.js';
import { createDefinitionRegistry } from '../../src/engine/definition-registry.js';
import { createInstanceCache } from '../../src/engine/instance-cache.js';
import type { NewStoredInstance } from '../../src/engine/saga-store.js';
import { wakeAt } from '../../src/machine/wake-at.js';
import { createMemorySagaStore, memoryNotSentHook } from '../../src/testing/stores.js';
import type { Drive } from '../machine/drive.js';

/** What verbs need of an engine, over a store in memory; nothing is sent. */
export interface MemoryAdvance {
  readonly options: AdvanceOptions<MemoryTransaction>;
  readonly clock: VirtualClock;
  readonly database: MemoryDatabase;
  readonly outbox: MemoryOutbox;
}

export function memoryAdvance(sagas: readonly SagaDefinition[]): MemoryAdvance {
  const clock = createVirtualClock();
  const database = createMemoryDatabase();
  const outbox = createMemoryOutbox({ database, nowMs: clock.now, onFailed: memoryNotSentHook(clock) });
  const store = createMemorySagaStore({ database, clock, outboxTable: outbox.table });
  const options: AdvanceOptions<MemoryTransaction> = {
    store,
    clock,
    definitions: createDefinitionRegistry(sagas),
    cache: createInstanceCache({ maxInstances: 100, maxBytes: 1_000_000 }),
    sender: {
      orchestrator: 'orders',
      installation: 'i',
      tokenKeys: { current: { id: 'k', secret: 'ab'.repeat(32) } },
    },
    logger: silentLogger,
    bornLeaseMs: 5_000,
    publish: () => undefined,
    startCalls: () => undefined,
    wake: () => undefined,
    onSettled: () => undefined,
    soloConcurrency: 1,
  };
  return { options, clock, database, outbox };
}

/** The instance of a drive, as it would be stored. */
export function storedDrive(
  { instance, journal, now }: Drive,
  given: Partial<NewStoredInstance> = {},
): NewStoredInstance {
  return {
    ...{ instance, entries: journal, messages: [], wakeAt: wakeAt(instance.state, now), tags: {}, startKey: null },
    ...given,
  };
}
