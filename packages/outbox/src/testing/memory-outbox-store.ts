import type { MemoryDatabase, MemoryTransaction } from '@backstitch/postgres/testing';
import { type DeadLetterTopic, deadLetterRow } from '../dead-letter-row.js';
import type { ClaimOptions, FailedRow, OutboxCounts, OutboxStore, SettledRow, Settlement } from '../outbox-store.js';
import {
  asClaimed,
  isDelayed,
  isHeld,
  isStuck,
  isUnsent,
  isWaiting,
  laneOf,
  type MemoryOutboxRow,
  memoryOutboxTableName,
} from './memory-outbox-row.js';
import { memoryOutboxTable } from './memory-outbox-table.js';
import { pruneMemoryRows } from './prune-memory-rows.js';

export interface MemoryOutboxStoreOptions {
  readonly database: MemoryDatabase;
  readonly nowMs: () => number;
  readonly nextSeq: () => number;
  /** As of the store on Postgres. */
  readonly retryBaseMs: number;
  readonly retryLongestMs: number;
  readonly deadLetterTopic: DeadLetterTopic | undefined;
  readonly onFailed: ((tx: MemoryTransaction, rows: readonly FailedRow[]) => Promise<void>) | undefined;
}

/** The outbox's store in memory, under the same rules as the one on Postgres. */
export function memoryOutboxStore(options: MemoryOutboxStoreOptions): OutboxStore {
  const { database, nowMs, onFailed, deadLetterTopic } = options;
  const letters = memoryOutboxTable({ nowMs, nextSeq: options.nextSeq });
  return {
    claim: (claim) =>
      database.transaction(async (tx) => {
        const table = tx.table<MemoryOutboxRow>(memoryOutboxTableName);
        const now = nowMs();
        const granted = claimable(
          table.where((row) => row.status !== 'SENT' && row.status !== 'PARKED'),
          { ...claim, now },
        );
        return granted.map((row) => {
          const taken = {
            ...row,
            claimEpoch: row.claimEpoch + 1,
            inDoubt: row.inDoubt || row.claimedUntilMs !== null,
            claimedUntilMs: now + claim.leaseMs,
          };
          table.set(row.id, taken);
          return asClaimed(taken, { leaseEndsAtMs: now + claim.leaseMs, behind: null });
        });
      }),
    settle: (settlements) =>
      database.transaction(async (tx) => {
        const table = tx.table<MemoryOutboxRow>(memoryOutboxTableName);
        const failed: MemoryOutboxRow[] = [];
        const settled = settlements.map((settlement): SettledRow => {
          const row = table.get(settlement.id);
          const now = nowMs();
          if (row === undefined || !isUnsent(row) || row.claimEpoch !== settlement.epoch || !isHeld(row, now)) {
            return { id: settlement.id, kind: 'lost' };
          }
          const next = afterSend(row, settlement, { now, ...options });
          table.set(row.id, next);
          if (next.status === 'FAILED') failed.push(next);
          return settledRow(next, settlement);
        });
        if (failed.length === 0) return settled;
        if (deadLetterTopic !== undefined) {
          const rows = failed.flatMap((row) => deadLetterRow({ ...row, ...failedRow(row) }, deadLetterTopic) ?? []);
          await letters.insert(tx, rows);
        }
        await onFailed?.(tx, failed.map(failedRow));
        return settled;
      }),
    counts: async () =>
      database.read((reader) =>
        counts(
          reader.table<MemoryOutboxRow>(memoryOutboxTableName).where((row) => row.status !== 'SENT'),
          nowMs(),
        ),
      ),
    prune: (prune) => pruneMemoryRows(database, { ...prune, now: nowMs() }),
  };
}

function claimable(
  rows: MemoryOutboxRow[],
  { limit, ids, rooms, now }: ClaimOptions & { readonly now: number },
): MemoryOutboxRow[] {
  const listed = ids === undefined ? undefined : new Set(ids);
  const blocked = new Set<string>();
  const free: MemoryOutboxRow[] = [];
  const left = new Map(Object.entries(rooms ?? {}));
  for (const row of rows.sort((one, other) => one.seq - other.seq)) {
    if (free.length === limit) break;
    const lane = laneOf(row);
    const isFree = isUnsent(row) && !isHeld(row, now) && !isWaiting(row, now) && (listed?.has(row.id) ?? true);
    const room = left.get(row.topic) ?? Number.POSITIVE_INFINITY;
    if (isFree && room > 0 && !(row.ordered && blocked.has(lane))) {
      free.push(row);
      if (left.has(row.topic)) left.set(row.topic, room - 1);
    } else if (row.ordered) blocked.add(lane);
  }
  return free;
}

interface SettleContext {
  readonly now: number;
  readonly retryBaseMs: number;
  readonly retryLongestMs: number;
}

function afterSend(
  row: MemoryOutboxRow,
  { outcome }: Settlement,
  { now, retryBaseMs, retryLongestMs }: SettleContext,
): MemoryOutboxRow {
  const given = { ...row, claimedUntilMs: null };
  switch (outcome.kind) {
    case 'sent':
      return { ...given, status: 'SENT', sentAtMs: now, nextRetryAtMs: null };
    case 'released':
      return given;
    case 'unknown':
      return { ...given, inDoubt: true };
    case 'refused': {
      const lastError = `${outcome.code}: ${outcome.message}`;
      if (row.retryCount >= row.maxRetries) return { ...given, status: 'FAILED', nextRetryAtMs: null, lastError };
      const nextRetryAtMs = now + Math.min(retryBaseMs * 2 ** row.retryCount, retryLongestMs);
      return { ...given, status: 'RETRY', retryCount: row.retryCount + 1, nextRetryAtMs, lastError };
    }
  }
}

function settledRow(row: MemoryOutboxRow, { outcome }: Settlement): SettledRow {
  if (outcome.kind !== 'refused') return { id: row.id, kind: outcome.kind };
  return { id: row.id, kind: row.status === 'FAILED' ? 'failed' : 'retry', retryCount: row.retryCount };
}

function failedRow(row: MemoryOutboxRow): FailedRow {
  const { id, topic, key, aggregateType, aggregateId, eventType, retryCount, inDoubt, lastError } = row;
  return { id, topic, key, aggregateType, aggregateId, eventType, retryCount, inDoubt, lastError: lastError ?? '' };
}

function counts(rows: readonly MemoryOutboxRow[], now: number): OutboxCounts {
  const unsent = rows.filter(isUnsent);
  const ready = unsent.filter((row) => !isDelayed(row, now));
  const oldest = ready.reduce((least, row) => Math.min(least, row.createdAtMs), Number.POSITIVE_INFINITY);
  const blocked = rows.filter((row) => row.ordered && isStuck(row, now));
  return {
    pending: unsent.filter((row) => row.status === 'PENDING').length,
    retry: unsent.filter((row) => row.status === 'RETRY').length,
    failed: rows.filter((row) => row.status === 'FAILED').length,
    parked: rows.filter((row) => row.status === 'PARKED').length,
    delayed: unsent.length - ready.length,
    oldestAgeMs: ready.length === 0 ? null : now - oldest,
    blockedLanes: new Set(blocked.map(laneOf)).size,
  };
}
