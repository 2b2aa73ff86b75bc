import type { ClaimedRow } from '../outbox-row.js';
import { type BatchLimits, batchLength } from './batch-length.js';
import { createTopicQueues, type WaitingTopic } from './topic-queues.js';

/**
 * The rows that this process holds, topic by topic in the order of sending. Rows leave it one batch at a time and topic, so that no row of a
 * lane is sent beside or before an earlier one. Where a row cannot be sent, what is behind it in its lane goes back to the store with it.
 */
export interface LaneQueue {
  /** Rows that wait to be sent: all, or those of one topic. */
  waiting(topic?: string): number;
  /** Rows that wait, are on their way, or are sent and not settled. */
  held(): number;
  /** Topics that have rows waiting; the one that was taken from longest ago comes first. */
  topics(): readonly WaitingTopic[];
  /** Rows born in this process. Answers those that must be left to `claim`: too many, or behind a row that is not held here. */
  offer(rows: readonly ClaimedRow[], nowMs: number): readonly ClaimedRow[];
  /** Rows that `claim` gave. */
  add(rows: readonly ClaimedRow[], nowMs: number): void;
  /** The next batch of a topic. `givenBack` are rows behind one whose lease has ended; that one itself is nobody's to give back. */
  take(
    topic: string,
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

export interface LaneQueueOptions {
  readonly maxHeld: number;
  /** How many rows of the topic may wait here. Default: no bound of its own. */
  readonly roomFor?: (topic: string) => number;
}

export function createLaneQueue({ maxHeld, roomFor = () => Number.POSITIVE_INFINITY }: LaneQueueOptions): LaneQueue {
  const queues = createTopicQueues();
  const held = new Map<string, ClaimedRow>();

  const push = (row: ClaimedRow, nowMs: number): void => {
    queues.push(row, nowMs);
    held.set(row.id, row);
  };
  const forget = (rows: readonly ClaimedRow[]): void => {
    // The same id may be held again under a newer claim.
    for (const row of rows) if (held.get(row.id) === row) held.delete(row.id);
  };
  /** Takes out what fits of a topic. */
  const extract = (topic: string, fits: (row: ClaimedRow) => boolean): readonly ClaimedRow[] => {
    const rows = queues.rows(topic);
    const taken = rows.filter(fits);
    if (taken.length === 0) return [];
    const left = rows.filter((row) => !fits(row));
    queues.replace(topic, left);
    forget(taken);
    return taken;
  };
  const takeLanes = (rows: readonly ClaimedRow[]): readonly ClaimedRow[] => {
    const lanes = new Set(rows.filter((row) => row.ordered).map(laneOf));
    const topics = [...new Set(rows.map((row) => row.topic))];
    return topics.flatMap((topic) => extract(topic, (row) => row.ordered && lanes.has(laneOf(row))));
  };
  const hasRoom = (topic: string): boolean => held.size < maxHeld && queues.waiting(topic) < roomFor(topic);

  return {
    waiting: queues.waiting,
    held: () => held.size,
    topics: queues.topics,
    forget,
    add(rows, nowMs) {
      for (const row of rows) push(row, nowMs);
    },
    offer(rows, nowMs) {
      const left: ClaimedRow[] = [];
      const closed = new Set<string>();
      for (const row of rows) {
        const lane = laneOf(row);
        const isBehindStranger = row.ordered && row.behind !== null && !held.has(row.behind);
        if (hasRoom(row.topic) && !isBehindStranger && !(row.ordered && closed.has(lane))) push(row, nowMs);
        else {
          left.push(row);
          closed.add(lane);
        }
      }
      return left;
    },
    take(topic, limits, nowMs) {
      const givenBack = takeLanes(extract(topic, (row) => row.leaseEndsAtMs <= nowMs));
      const rows = queues.rows(topic);
      const length = batchLength(rows, limits);
      queues.replace(topic, rows.slice(length), nowMs);
      return { batch: rows.slice(0, length), givenBack };
    },
    block(rows) {
      forget(rows);
      return takeLanes(rows);
    },
    drain() {
      const drained = queues.clear();
      forget(drained);
      return drained;
    },
  };
}

function laneOf(row: ClaimedRow): string {
  // The topic cannot hold a line feed: Kafka allows letters, digits, dots, hyphens and underscores.
  return `${row.topic}\n${row.key}`;
}
