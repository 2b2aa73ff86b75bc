import type { MemoryTable, MemoryTransaction } from '@backstitch/postgres/testing';
import type { ClaimedRow, DeliverAfter, NewOutboxRow } from '../outbox-row.js';
import type { OutboxTable } from '../outbox-table.js';
import { refuseTwins } from '../refuse-twins.js';
import {
  asClaimed,
  isUnsent,
  laneOf,
  type MemoryOutboxRow,
  memoryOutboxTableName,
  rowSummary,
} from './memory-outbox-row.js';

export interface MemoryOutboxTableOptions {
  readonly nowMs: () => number;
  /** Like a sequence: what a rolled back transaction took is not given again. */
  readonly nextSeq: () => number;
}

/** The outbox inside a transaction in memory. */
export function memoryOutboxTable({ nowMs, nextSeq }: MemoryOutboxTableOptions): OutboxTable<MemoryTransaction> {
  const open = (tx: MemoryTransaction): MemoryTable<MemoryOutboxRow> =>
    tx.table<MemoryOutboxRow>(memoryOutboxTableName);
  const some = (
    tx: MemoryTransaction,
    ids: readonly string[],
    fits: (row: MemoryOutboxRow) => boolean,
  ): MemoryOutboxRow[] => {
    const table = open(tx);
    return [...new Set(ids)].flatMap((id) => table.get(id) ?? []).filter(fits);
  };
  return {
    async insert(tx, rows, { bornLeaseMs } = {}) {
      refuseTwins(rows);
      const table = open(tx);
      const lanes = new Set(rows.map(laneOf));
      const before = table.where(
        (row) => row.ordered && row.status !== 'SENT' && row.status !== 'PARKED' && lanes.has(laneOf(row)),
      );
      const now = nowMs();
      return rows.flatMap((given): ClaimedRow[] => {
        const row = inserted(given, table.get(given.id), { now, seq: nextSeq(), bornLeaseMs });
        table.set(row.id, row);
        if (bornLeaseMs === undefined || row.deliverAfterMs !== null) return [];
        return [
          asClaimed(row, { leaseEndsAtMs: now + bornLeaseMs, behind: row.ordered ? nearestBefore(row, before) : null }),
        ];
      });
    },
    async withdraw(tx, ids) {
      const rows = some(tx, ids, (row) => row.status !== 'SENT' && row.claimedUntilMs === null && !row.inDoubt);
      for (const { id } of rows) open(tx).delete(id);
      return rows.map((row) => row.id);
    },
    async unsent(tx, ids) {
      return some(tx, ids, isUnsent).map((row) => row.id);
    },
    async find(tx, ids) {
      return some(tx, ids, () => true)
        .sort((one, other) => one.seq - other.seq)
        .map(rowSummary);
    },
    async markDelivered(tx, ids) {
      const rows = some(tx, ids, (row) => row.status !== 'SENT');
      for (const row of rows) {
        open(tx).set(row.id, {
          ...row,
          status: 'SENT',
          sentAtMs: nowMs(),
          nextRetryAtMs: null,
          deliverAfterMs: null,
          claimedUntilMs: null,
        });
      }
      return rows.map((row) => row.id);
    },
    async leaveLane(tx, ids) {
      for (const row of some(tx, ids, ({ status }) => status === 'FAILED'))
        open(tx).set(row.id, { ...row, ordered: false });
    },
    // Transactions in memory run one at a time.
    lockLanes: async () => undefined,
  };
}

interface Birth {
  readonly now: number;
  readonly seq: number;
  readonly bornLeaseMs: number | undefined;
}

function inserted(
  given: NewOutboxRow,
  existing: MemoryOutboxRow | undefined,
  { now, seq, bornLeaseMs }: Birth,
): MemoryOutboxRow {
  const { maxRetries = 3, deliverAfter, ...content } = given;
  const deliverAfterMs = instantOf(deliverAfter, now);
  return {
    ...content,
    maxRetries,
    seq,
    status: 'PENDING',
    retryCount: 0,
    nextRetryAtMs: null,
    createdAtMs: existing?.createdAtMs ?? now,
    sentAtMs: null,
    deliverAfterMs,
    claimedUntilMs: bornLeaseMs === undefined || deliverAfterMs !== null ? null : now + bornLeaseMs,
    claimEpoch: existing === undefined ? (bornLeaseMs === undefined ? 0 : 1) : existing.claimEpoch + 1,
    inDoubt:
      existing !== undefined && (existing.inDoubt || existing.status === 'SENT' || existing.claimedUntilMs !== null),
    lastError: null,
  };
}

function instantOf(deliverAfter: DeliverAfter | undefined, now: number): number | null {
  if (deliverAfter === undefined) return null;
  return deliverAfter instanceof Date ? deliverAfter.getTime() : now + deliverAfter.ms;
}

function nearestBefore(row: MemoryOutboxRow, before: readonly MemoryOutboxRow[]): string | null {
  const lane = laneOf(row);
  const earlier = before.filter((other) => other.id !== row.id && other.seq < row.seq && laneOf(other) === lane);
  return (
    earlier.reduce<MemoryOutboxRow | null>(
      (last, other) => (last === null || other.seq > last.seq ? other : last),
      null,
    )?.id ?? null
  );
}
