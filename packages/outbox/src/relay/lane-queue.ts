import type { ClaimedRow } from '../outbox-row.js';
import { type BatchLimits, batchLength } from './batch-length.js';

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

export interface WaitingTopic {
  readonly topic: string;
  readonly waiting: number;
  /** Since when the topic has had rows waiting. */
  readonly sinceMs: number;
}

export interface LaneQueueOptions {
  readonly maxHeld: number;
  /** How many rows of the topic may wait here. Default: no bound of its own. */
  readonly roomFor?: (topic: string) => number;
}

interface TopicQueue {
  rows: ClaimedRow[];
  sinceMs: number;
}

export function createLaneQueue({ maxHeld, roomFor = () => Number.POSITIVE_INFINITY }: LaneQueueOptions): LaneQueue {
  const queues = new Map<string, TopicQueue>();
  const held = new Map<string, ClaimedRow>();
  let waiting = 0;

  const push = (row: ClaimedRow, nowMs: number): void => {
    const queue = queues.get(row.topic);
    if (queue === undefined) queues.set(row.topic, { rows: [row], sinceMs: nowMs });
    else queue.rows.push(row);
    held.set(row.id, row);
    waiting += 1;
  };
  const forget = (rows: readonly ClaimedRow[]): void => {
    // The same id may be held again under a newer claim.
    for (const row of rows) if (held.get(row.id) === row) held.delete(row.id);
  };
  /** What stays goes to the end of the line: a map gives its keys in the order in which they were set. */
  const keep = (topic: string, rows: ClaimedRow[], sinceMs: number): void => {
    waiting -= (queues.get(topic)?.rows.length ?? 0) - rows.length;
    queues.delete(topic);
    if (rows.length > 0) queues.set(topic, { rows, sinceMs });
  };
  const takeLanes = (rows: readonly ClaimedRow[]): ClaimedRow[] => {
    const lanes = new Set(rows.filter((row) => row.ordered).map(laneOf));
    const isBlocked = (row: ClaimedRow): boolean => row.ordered && lanes.has(laneOf(row));
    return [...new Set(rows.map((row) => row.topic))].flatMap((topic) => {
      const queue = queues.get(topic);
      const taken = queue?.rows.filter(isBlocked) ?? [];
      if (queue === undefined || taken.length === 0) return [];
      keep(
        topic,
        queue.rows.filter((row) => !isBlocked(row)),
        queue.sinceMs,
      );
      forget(taken);
      return taken;
    });
  };
  const hasRoom = (topic: string): boolean =>
    held.size < maxHeld && (queues.get(topic)?.rows.length ?? 0) < roomFor(topic);

  return {
    waiting: (topic) => (topic === undefined ? waiting : (queues.get(topic)?.rows.length ?? 0)),
    held: () => held.size,
    topics: () => Array.from(queues, ([topic, { rows, sinceMs }]) => ({ topic, waiting: rows.length, sinceMs })),
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
      const queue = queues.get(topic);
      if (queue === undefined) return { batch: [], givenBack: [] };
      const lapsed = queue.rows.filter((row) => row.leaseEndsAtMs <= nowMs);
      if (lapsed.length > 0) {
        keep(
          topic,
          queue.rows.filter((row) => row.leaseEndsAtMs > nowMs),
          queue.sinceMs,
        );
        forget(lapsed);
      }
      const givenBack = takeLanes(lapsed);
      const rows = queues.get(topic)?.rows ?? [];
      const length = batchLength(rows, limits);
      keep(topic, rows.slice(length), nowMs);
      return { batch: rows.slice(0, length), givenBack };
    },
    block(rows) {
      forget(rows);
      return takeLanes(rows);
    },
    drain() {
      const drained = [...queues.values()].flatMap(({ rows }) => rows);
      queues.clear();
      waiting = 0;
      forget(drained);
      return drained;
    },
  };
}

function laneOf(row: ClaimedRow): string {
  // The topic cannot hold a line feed: Kafka allows letters, digits, dots, hyphens and underscores.
  return `${row.topic}\n${row.key}`;
}
