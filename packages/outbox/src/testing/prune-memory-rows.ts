import type { MemoryDatabase } from '@backstitch/postgres/testing';
import type { PruneOptions } from '../outbox-store.js';
import { type MemoryOutboxRow, memoryOutboxTableName } from './memory-outbox-row.js';

/** Deletes rows sent longer ago than `olderThanMs`, at most `limit`. Answers how many. */
export async function pruneMemoryRows(
  database: MemoryDatabase,
  { olderThanMs, limit, now }: PruneOptions & { readonly now: number },
): Promise<number> {
  return database.transaction(async (tx) => {
    const table = tx.table<MemoryOutboxRow>(memoryOutboxTableName);
    const before = now - olderThanMs;
    const old = table.where((row) => row.sentAtMs !== null && row.sentAtMs < before).slice(0, limit);
    for (const { id } of old) table.delete(id);
    return old.length;
  });
}
