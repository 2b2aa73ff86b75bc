import { createVirtualClock } from '@backstitch/messaging/testing';
import { createMemoryDatabase, type MemoryTransaction } from '@backstitch/postgres/testing';
import { describe, it } from 'vitest';
import { createMemoryOutbox, outboxStoreConformance, type OutboxUnderTest } from '../../src/testing/index.js';

outboxStoreConformance(
  {
    name: 'the outbox in memory',
    async open({ retryBaseMs, onFailed, deadLetterTopic }) {
      const clock = createVirtualClock();
      const database = createMemoryDatabase();
      const outbox = createMemoryOutbox({
        database,
        nowMs: clock.now,
        retryBaseMs,
        deadLetterTopic,
        onFailed: async (_tx, rows) => onFailed(rows),
      });
      const opened: OutboxUnderTest<MemoryTransaction> = {
        ...outbox,
        transaction: (work) => database.transaction(work),
        elapse: (ms) => clock.advance(ms),
        close: async () => undefined,
      };
      return opened as OutboxUnderTest<unknown>;
    },
  },
  { describe, it },
);
