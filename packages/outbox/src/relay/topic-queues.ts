import type { ClaimedRow } from '../outbox-row.js';

export interface WaitingTopic {
  readonly topic: string;
  readonly waiting: number;
  /** Since when the topic has had rows waiting. */
  readonly sinceMs: number;
}

/** Rows that wait, topic by topic, in the order of sending. */
export interface TopicQueues {
  /** All, or those of one topic. */
  waiting(topic?: string): number;
  /** Topics that have rows waiting; the one that was changed longest ago comes first. */
  topics(): readonly WaitingTopic[];
  rows(topic: string): readonly ClaimedRow[];
  push(row: ClaimedRow, nowMs: number): void;
  /** Puts these in place of the topic's rows. It goes to the end of the line, and counts as waiting since `sinceMs` where that is given. */
  replace(topic: string, rows: readonly ClaimedRow[], sinceMs?: number): void;
  /** Takes out and answers all rows. */
  clear(): readonly ClaimedRow[];
}

export function createTopicQueues(): TopicQueues {
  // A map gives its keys in the order in which they were set.
  const queues = new Map<string, { readonly rows: ClaimedRow[]; readonly sinceMs: number }>();
  let waiting = 0;
  return {
    waiting: (topic) => (topic === undefined ? waiting : (queues.get(topic)?.rows.length ?? 0)),
    topics: () => Array.from(queues, ([topic, { rows, sinceMs }]) => ({ topic, waiting: rows.length, sinceMs })),
    rows: (topic) => queues.get(topic)?.rows ?? [],
    push(row, nowMs) {
      const queue = queues.get(row.topic);
      if (queue === undefined) queues.set(row.topic, { rows: [row], sinceMs: nowMs });
      else queue.rows.push(row);
      waiting += 1;
    },
    replace(topic, rows, sinceMs) {
      const queue = queues.get(topic);
      waiting += rows.length - (queue?.rows.length ?? 0);
      queues.delete(topic);
      if (rows.length > 0) queues.set(topic, { rows: [...rows], sinceMs: sinceMs ?? queue?.sinceMs ?? 0 });
    },
    clear() {
      const all = [...queues.values()].flatMap(({ rows }) => rows);
      queues.clear();
      waiting = 0;
      return all;
    },
  };
}
