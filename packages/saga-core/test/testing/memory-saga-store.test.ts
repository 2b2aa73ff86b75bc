import { createVirtualClock } from '@backstitch/messaging/testing';
import { createMemoryOutbox } from '@backstitch/outbox/testing';
import { createMemoryDatabase, type MemoryTransaction } from '@backstitch/postgres/testing';
import { describe, it } from 'vitest';
import {
  createMemorySagaStore,
  memoryNotSentHook,
  sagaStoreConformance,
  type SagaStoreUnderTest,
} from '../../src/testing/stores.js';

sagaStoreConformance(
  {
    name: 'the saga store in memory',
    concurrent: false,
    async open({ quarantineRows }) {
      const clock = createVirtualClock();
      const database = createMemoryDatabase();
      const outbox = createMemoryOutbox({ database, nowMs: clock.now, onFailed: memoryNotSentHook(clock) });
      const store = createMemorySagaStore({ database, clock, outboxTable: outbox.table, quarantineRows });
      const opened: SagaStoreUnderTest<MemoryTransaction> = {
        store,
        transaction: (work) => database.transaction(work),
        outbox: outbox.store,
        operations: outbox.operations,
        elapse: (ms) => clock.advance(ms),
        discards: async () => store.discards(),
        quarantined: async () => store.quarantined(),
        close: async () => undefined,
      };
      return opened as SagaStoreUnderTest<unknown>;
    },
  },
  { describe, it },
);
