import type { MemoryDatabase } from '@backstitch/postgres/testing';
import type { OutboxOperations, StoredRow, StoredRowSummary } from '../outbox-operations.js';
import { type MemoryOutboxRow, memoryOutboxTableName } from './memory-outbox-row.js';

/** The operator's verbs in memory. */
export function memoryOutboxOperations(database: MemoryDatabase): OutboxOperations {
  const changeFailed = (
    ids: readonly string[],
    change: (row: MemoryOutboxRow) => MemoryOutboxRow | null,
  ): Promise<string[]> =>
    database.transaction(async (tx) => {
      const table = tx.table<MemoryOutboxRow>(memoryOutboxTableName);
      const failed = ids.flatMap((id) => table.get(id) ?? []).filter((row) => row.status === 'FAILED');
      for (const row of failed) {
        const changed = change(row);
        if (changed === null) table.delete(row.id);
        else table.set(row.id, changed);
      }
      return failed.map((row) => row.id);
    });
  return {
    listFailed: async ({ limit, afterSeq = 0, topic }) =>
      database
        .read((reader) =>
          reader
            .table<MemoryOutboxRow>(memoryOutboxTableName)
            .where(
              (row) => row.status === 'FAILED' && row.seq > afterSeq && (topic === undefined || row.topic === topic),
            ),
        )
        .sort((one, other) => one.seq - other.seq)
        .slice(0, limit)
        .map(summary),
    show: async (id) => {
      const row = database.read((reader) => reader.table<MemoryOutboxRow>(memoryOutboxTableName).get(id));
      return row === undefined ? null : stored(row);
    },
    requeue: (ids) =>
      changeFailed(ids, (row) => ({ ...row, status: 'PENDING', retryCount: 0, claimEpoch: row.claimEpoch + 1 })),
    drop: (ids) => changeFailed(ids, () => null),
  };
}

function summary(row: MemoryOutboxRow): StoredRowSummary {
  const {
    id,
    seq,
    status,
    topic,
    key,
    aggregateType,
    aggregateId,
    eventType,
    retryCount,
    maxRetries,
    lastError,
    inDoubt,
  } = row;
  return {
    ...{
      id,
      seq,
      status,
      topic,
      key,
      aggregateType,
      aggregateId,
      eventType,
      retryCount,
      maxRetries,
      lastError,
      inDoubt,
    },
    createdAt: new Date(row.createdAtMs),
    sentAt: row.sentAtMs === null ? null : new Date(row.sentAtMs),
  };
}

function stored(row: MemoryOutboxRow): StoredRow {
  return { ...summary(row), payload: row.payload, headers: row.headers, ordered: row.ordered };
}
