import { createVirtualClock } from '@backstitch/messaging/testing';
import { createMemoryOutbox } from '@backstitch/outbox/testing';
import { createMemoryDatabase, type MemoryTransaction } from '@backstitch/postgres/testing';
import { describe, it } from 'vitest';
import { createMemoryFenceStore, fenceStoreConformance, type FenceStoreUnderTest } from '../../src/testing/stores.js';

fenceStoreConformance(
  {
    name: 'the fence store in memory',
    async open({ quarantineRows }) {
      const clock = createVirtualClock();
      const database = createMemoryDatabase();
      const outbox = createMemoryOutbox({ database, nowMs: clock.now });
      const store = createMemoryFenceStore({ database, clock, outboxTable: outbox.table, quarantineRows });
      const opened: FenceStoreUnderTest<MemoryTransaction> = {
        store,
        outbox: outbox.store,
        elapse: (ms) => clock.advance(ms),
        quarantined: async () => store.quarantined(),
        close: async () => undefined,
      };
      return opened as FenceStoreUnderTest<unknown>;
    },
  },
  { describe, it },
);
