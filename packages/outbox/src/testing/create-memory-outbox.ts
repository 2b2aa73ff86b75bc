import type { MemoryDatabase, MemoryTransaction } from '@backstitch/postgres/testing';
import type { DeadLetterTopic } from '../dead-letter-row.js';
import type { OutboxOperations } from '../outbox-operations.js';
import type { FailedRow, OutboxStore } from '../outbox-store.js';
import type { OutboxTable } from '../outbox-table.js';
import { requirePositive } from '../require-positive.js';
import { memoryOutboxOperations } from './memory-outbox-operations.js';
import { isUnsent, type MemoryOutboxRow, memoryOutboxTableName } from './memory-outbox-row.js';
import { memoryOutboxStore } from './memory-outbox-store.js';
import { memoryOutboxTable } from './memory-outbox-table.js';

export interface MemoryOutboxOptions {
  readonly database: MemoryDatabase;
  /** Decides everything here, as the database's clock does on Postgres: `clock.now` of a virtual clock. */
  readonly nowMs: () => number;
  readonly retryBaseMs?: number;
  readonly retryLongestMs?: number;
  readonly deadLetterTopic?: DeadLetterTopic;
  readonly onFailed?: (tx: MemoryTransaction, rows: readonly FailedRow[]) => Promise<void>;
}

export interface MemoryOutbox {
  readonly store: OutboxStore;
  /** For transactions of the same `database`. */
  readonly table: OutboxTable<MemoryTransaction>;
  readonly operations: OutboxOperations;
  /** The next moment at which something may be sent that may not be sent now: a lease's end, a retry, a delivery that waits. */
  nextMomentMs(): number | undefined;
}

/** The whole outbox in memory. Give the relay the same `nowMs` as its `monotonicNowMs`. */
export function createMemoryOutbox({
  database,
  nowMs,
  onFailed,
  deadLetterTopic,
  ...options
}: MemoryOutboxOptions): MemoryOutbox {
  const retryBaseMs = requirePositive('retryBaseMs', options.retryBaseMs ?? 5_000);
  const retryLongestMs = requirePositive('retryLongestMs', options.retryLongestMs ?? 3_600_000);
  let seq = 0;
  const nextSeq = (): number => ++seq;
  return {
    store: memoryOutboxStore({ database, nowMs, nextSeq, retryBaseMs, retryLongestMs, onFailed, deadLetterTopic }),
    table: memoryOutboxTable({ nowMs, nextSeq }),
    operations: memoryOutboxOperations({ database, nowMs }),
    nextMomentMs() {
      const rows = database.read((reader) => reader.table<MemoryOutboxRow>(memoryOutboxTableName).where(isUnsent));
      const moments = rows.flatMap(({ claimedUntilMs, nextRetryAtMs, deliverAfterMs }) =>
        [claimedUntilMs, nextRetryAtMs, deliverAfterMs].flatMap((at) => (at !== null && at > nowMs() ? [at] : [])),
      );
      return moments.length === 0 ? undefined : Math.min(...moments);
    },
  };
}
