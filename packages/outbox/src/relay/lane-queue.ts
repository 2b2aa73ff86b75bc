import type { ClaimedRow } from '../outbox-row.js';
import { type BatchLimits, batchLength } from './batch-length.js';

/**
 * The rows that this process holds, in the order of sending. Rows leave it one batch at a time, so that no row of a lane is sent beside or
 * before an earlier one. Where a row cannot be sent, what is behind it in its lane goes back to the store with it.
 */
export interface LaneQueue {
  /** Rows that wait to be sent. */
  waiting(): number;
  /** Rows that wait, are on their way, or are sent and not settled. */
  held(): number;
  /** Rows born in this process. Answers those that must be left to `claim`: too many, or behind a row that is not held here. */
  offer(rows: readonly ClaimedRow[]): readonly ClaimedRow[];
  /** Rows that `claim` gave. */
  add(rows: readonly ClaimedRow[]): void;
  /** The next batch. `givenBack` are rows behind one whose lease has ended; that one itself is nobody's to give back. */
  take(
    limits: BatchLimits,
    nowMs: number,
  ): { readonly batch: readonly ClaimedRow[]; readonly givenBack: readonly ClaimedRow[] };
  /** Rows were not sent: takes out what waits behind them and answers it. They count as held no longer. */
  block(rows: readonly ClaimedRow[]): readonly ClaimedRow[];
  /** Takes out and answers all that waits. */
  drain(): readonly ClaimedRow[];
  /** Settled: the store alone knows of them now. */
  forget(rows: readonly ClaimedRow[]): void;
}

export function createLaneQueue({ maxHeld }: { readonly maxHeld: number }): LaneQueue {
  let queue: ClaimedRow[] = [];
  const held = new Map<string, ClaimedRow>();

  const push = (row: ClaimedRow): void => {
    queue.push(row);
    held.set(row.id, row);
  };
  const forget = (rows: readonly ClaimedRow[]): void => {
    // The same id may be held again under a newer claim.
    for (const row of rows) if (held.get(row.id) === row) held.delete(row.id);
  };
  const takeLanes = (lanes: ReadonlySet<string>): ClaimedRow[] => {
    if (lanes.size === 0) return [];
    const isBlocked = (row: ClaimedRow): boolean => row.ordered && lanes.has(laneOf(row));
    const taken = queue.filter(isBlocked);
    if (taken.length > 0) queue = queue.filter((row) => !isBlocked(row));
    forget(taken);
    return taken;
  };

  return {
    waiting: () => queue.length,
    held: () => held.size,
    forget,
    add: (rows) => rows.forEach(push),
    offer(rows) {
      const left: ClaimedRow[] = [];
      const closed = new Set<string>();
      for (const row of rows) {
        const lane = laneOf(row);
        const isBehindStranger = row.ordered && row.behind !== null && !held.has(row.behind);
        if (held.size < maxHeld && !isBehindStranger && !(row.ordered && closed.has(lane))) push(row);
        else {
          left.push(row);
          closed.add(lane);
        }
      }
      return left;
    },
    take(limits, nowMs) {
      const lapsed = queue.filter((row) => row.leaseEndsAtMs <= nowMs);
      if (lapsed.length > 0) {
        queue = queue.filter((row) => row.leaseEndsAtMs > nowMs);
        forget(lapsed);
      }
      const givenBack = takeLanes(lanesOf(lapsed));
      const batch = queue.splice(0, batchLength(queue, limits));
      return { batch, givenBack };
    },
    block(rows) {
      forget(rows);
      return takeLanes(lanesOf(rows));
    },
    drain() {
      const drained = queue;
      queue = [];
      forget(drained);
      return drained;
    },
  };
}

function lanesOf(rows: readonly ClaimedRow[]): ReadonlySet<string> {
  return new Set(rows.filter((row) => row.ordered).map(laneOf));
}

function laneOf(row: ClaimedRow): string {
  // The topic cannot hold a line feed: Kafka allows letters, digits, dots, hyphens and underscores.
  return `${row.topic}\n${row.key}`;
}
