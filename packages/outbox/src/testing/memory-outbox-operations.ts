import type { MemoryDatabase } from '@backstitch/postgres/testing';
import { type AuditEntry, type AuditNote, type OutboxVerb, requireNote } from '../outbox-audit.js';
import type { BlockedLane, OutboxOperations, StoredRow } from '../outbox-operations.js';
import {
  isHeld,
  isStuck,
  isUnsent,
  laneOf,
  type MemoryOutboxRow,
  memoryOutboxTableName,
  rowSummary,
} from './memory-outbox-row.js';
import { pruneMemoryRows } from './prune-memory-rows.js';

export interface MemoryOutboxOperationsOptions {
  readonly database: MemoryDatabase;
  readonly nowMs: () => number;
}

type Change = (row: MemoryOutboxRow, now: number) => MemoryOutboxRow | 'not this one' | 'deleted';

const revived = (row: MemoryOutboxRow): MemoryOutboxRow => ({
  ...row,
  status: 'PENDING',
  retryCount: 0,
  claimEpoch: row.claimEpoch + 1,
});

const changes: Readonly<Record<Exclude<OutboxVerb, 'prune'>, Change>> = {
  requeue: (row) => (row.status === 'FAILED' ? revived(row) : 'not this one'),
  unpark: (row) => (row.status === 'PARKED' ? revived(row) : 'not this one'),
  drop: (row) => (row.status === 'FAILED' || row.status === 'PARKED' ? 'deleted' : 'not this one'),
  park: (row, now) =>
    (isUnsent(row) || row.status === 'FAILED') && !isHeld(row, now)
      ? {
          ...row,
          status: 'PARKED',
          nextRetryAtMs: null,
          claimedUntilMs: null,
          claimEpoch: row.claimEpoch + 1,
          inDoubt: row.inDoubt || row.claimedUntilMs !== null,
        }
      : 'not this one',
};

/** The operator's verbs in memory. */
export function memoryOutboxOperations({ database, nowMs }: MemoryOutboxOperationsOptions): OutboxOperations {
  const audit: AuditEntry[] = [];
  const rows = (): MemoryOutboxRow[] =>
    database
      .read((reader) => reader.table<MemoryOutboxRow>(memoryOutboxTableName).values())
      .sort((one, other) => one.seq - other.seq);
  const record = (verb: OutboxVerb, note: AuditNote, row: MemoryOutboxRow | null, rowCount: number): void => {
    audit.push({
      ...{ at: new Date(nowMs()), verb, ...note, rowCount, rowId: row?.id ?? null },
      ...{ topic: row?.topic ?? null, key: row?.key ?? null, eventType: row?.eventType ?? null },
      ...{ statusBefore: row?.status ?? null, lastError: row?.lastError ?? null },
    });
  };
  const change =
    (verb: Exclude<OutboxVerb, 'prune'>) =>
    async (ids: readonly string[], given: AuditNote): Promise<readonly string[]> => {
      const note = requireNote(given);
      const changed = await database.transaction(async (tx) => {
        const table = tx.table<MemoryOutboxRow>(memoryOutboxTableName);
        return ids.flatMap((id) => {
          const row = table.get(id);
          const next = row === undefined ? 'not this one' : changes[verb](row, nowMs());
          if (row === undefined || next === 'not this one') return [];
          if (next === 'deleted') table.delete(id);
          else table.set(id, next);
          return [row];
        });
      });
      for (const row of changed) record(verb, note, row, 1);
      return changed.map((row) => row.id);
    };
  return {
    list: async ({ limit, afterSeq = 0, topic, status = 'FAILED' }) =>
      rows()
        .filter((row) => row.status === status && row.seq > afterSeq && (topic === undefined || row.topic === topic))
        .slice(0, limit)
        .map(rowSummary),
    show: async (id) => {
      const row = rows().find((one) => one.id === id);
      return row === undefined ? null : stored(row);
    },
    blockedLanes: async ({ limit }) => blockedLanes(rows(), nowMs()).slice(0, limit),
    requeue: change('requeue'),
    park: change('park'),
    unpark: change('unpark'),
    drop: change('drop'),
    async prune(options, given) {
      const note = requireNote(given);
      const deleted = await pruneMemoryRows(database, { ...options, now: nowMs() });
      record('prune', note, null, deleted);
      return deleted;
    },
    audit: async ({ limit, rowId }) =>
      audit
        .filter((entry) => rowId === undefined || entry.rowId === rowId)
        .reverse()
        .slice(0, limit),
  };
}

function blockedLanes(rows: readonly MemoryOutboxRow[], now: number): BlockedLane[] {
  const heads = new Map<string, MemoryOutboxRow>();
  for (const row of rows) if (row.ordered && isStuck(row, now) && !heads.has(laneOf(row))) heads.set(laneOf(row), row);
  return [...heads.values()]
    .sort((one, other) => one.createdAtMs - other.createdAtMs || one.seq - other.seq)
    .map((head) => ({
      ...{ topic: head.topic, key: head.key, rowId: head.id, lastError: head.lastError },
      status: head.status === 'FAILED' ? 'FAILED' : 'RETRY',
      since: new Date(head.createdAtMs),
      waiting: rows.filter(
        (row) =>
          row.ordered &&
          (isUnsent(row) || row.status === 'FAILED') &&
          row.seq > head.seq &&
          laneOf(row) === laneOf(head),
      ).length,
    }));
}

function stored(row: MemoryOutboxRow): StoredRow {
  return { ...rowSummary(row), payload: row.payload, headers: row.headers, ordered: row.ordered };
}
