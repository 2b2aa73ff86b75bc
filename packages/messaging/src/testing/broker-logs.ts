import type { Clock } from '../clock.js';
import { MessagingError } from '../errors.js';
import type { InboundRecord, OutboundRecord, SendResult } from '../transport.js';
import type { Activity } from './activity.js';
import type { BrokerFaults } from './broker-faults.js';
import type { ForeignRecord } from './in-memory-broker.js';
import { createPartitionLog, type PartitionLog } from './partition-log.js';
import { partitionOf } from '../partition-of.js';
import { refusalOf } from './record-refusal.js';
import type { SeededRandom } from './seeded-random.js';
import { unknownTopic } from './unknown-topic.js';

/** The topics of the in-memory broker: who creates, writes and reads back. */
export interface BrokerLogs {
  /** Creates the topic where it is missing; an existing one keeps its count of partitions. */
  ensure(topic: string, partitions: number): void;
  partitions(topic: string): readonly PartitionLog[] | undefined;
  append(records: readonly OutboundRecord[]): readonly SendResult[];
  write(record: ForeignRecord): void;
  records(): ReadonlyMap<string, readonly InboundRecord[]>;
}

export interface BrokerLogsOptions {
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly faults: Required<BrokerFaults>;
  readonly activity: Activity;
  readonly maxRecordBytes: number;
  wake(): void;
}

interface Topic {
  readonly partitions: readonly PartitionLog[];
  /** As written, over all partitions: what the read-back shows. */
  readonly written: InboundRecord[];
}

export function createBrokerLogs(options: BrokerLogsOptions): BrokerLogs {
  const { clock, random, faults, activity, maxRecordBytes, wake } = options;
  const topics = new Map<string, Topic>();

  const later = (delayMs: number, run: () => void): void => {
    const endTimer = activity.begin('timer');
    clock.setTimer(delayMs, () => {
      run();
      endTimer();
    });
  };
  const write = (topic: Topic, record: ForeignRecord, delayMs = 0): void => {
    const count = topic.partitions.length;
    const partition = record.key === null ? random.integer(count) : partitionOf(record.key, count);
    const log = topic.partitions[partition] as PartitionLog;
    topic.written.push(log.append(storedRecord(record, clock.now()), clock.now() + delayMs));
    if (delayMs > 0) later(delayMs, wake);
    else wake();
  };
  const writeWithFaults = (topic: Topic, record: OutboundRecord): void => {
    if (random.chance(faults.lossAfterAckChance)) return;
    write(topic, record, random.chance(faults.delayChance) ? 1 + random.integer(faults.delayUpToMs) : 0);
    if (!random.chance(faults.duplicateChance)) return;
    const copyDelayMs = random.integer(faults.duplicateWithinMs + 1);
    if (copyDelayMs === 0) write(topic, record);
    else later(copyDelayMs, () => write(topic, record));
  };

  return {
    ensure(name, count) {
      checkPartitions(name, count);
      if (topics.has(name)) return;
      topics.set(name, {
        partitions: Array.from({ length: count }, (_, partition) => createPartitionLog(name, partition)),
        written: [],
      });
    },
    partitions: (name) => topics.get(name)?.partitions,
    append(records) {
      const refusedLanes = new Set<string>();
      const accepted: { readonly lane: string; readonly topic: Topic; readonly record: OutboundRecord }[] = [];
      const results = records.map((record): SendResult => {
        const lane = JSON.stringify([record.topic, record.key]);
        if (refusedLanes.has(lane)) return { kind: 'held' };
        const topic = topics.get(record.topic);
        const refusal = refusalOf(record, { topicExists: topic !== undefined, maxRecordBytes });
        if (refusal) {
          refusedLanes.add(lane);
          return refusal;
        }
        if (topic) accepted.push({ lane, topic, record });
        return { kind: 'sent' };
      });
      const reorders = random.chance(faults.reorderLanesChance);
      for (const { topic, record } of reorders ? interleaveLanes(accepted, random) : accepted)
        writeWithFaults(topic, record);
      return results;
    },
    write(record) {
      const topic = topics.get(record.topic);
      if (!topic) throw unknownTopic(record.topic);
      write(topic, record);
    },
    records: () => new Map([...topics].map(([name, topic]) => [name, [...topic.written]])),
  };
}

function checkPartitions(topic: string, count: number): void {
  if (Number.isInteger(count) && count >= 1) return;
  throw new MessagingError('OPTIONS_INVALID', `topic "${topic}" is to have ${count} partitions`, {
    fields: { field: 'partitions', topic, found: count },
    hint: 'Give a whole number from 1.',
  });
}

/** Another order of the lanes; each lane keeps its own. */
function interleaveLanes<Entry extends { readonly lane: string }>(
  entries: readonly Entry[],
  random: SeededRandom,
): Entry[] {
  const queues = new Map<string, Entry[]>();
  for (const entry of entries) queues.set(entry.lane, [...(queues.get(entry.lane) ?? []), entry]);
  // Shuffling which lane is next, and not the records, is what keeps the order within.
  return random.shuffle(entries.map((entry) => entry.lane)).map((lane) => queues.get(lane)?.shift() as Entry);
}

/** As the Kafka transports have it unless told otherwise: more are cut, and the record is marked. */
const maxHeaders = 64;

function storedRecord(
  record: ForeignRecord,
  timestampMs: number,
): Omit<InboundRecord, 'topic' | 'partition' | 'offset'> {
  // Null prototype, as the port promises: a header named `constructor` is a header.
  const headers: Record<string, string> = Object.create(null);
  const given = Object.entries(record.headers ?? {});
  for (const [name, value] of given.slice(0, maxHeaders)) headers[name] = value;
  const { value } = record;
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  return {
    key: record.key,
    // Through bytes and back, as over a network: what is ill-formed becomes U+FFFD.
    value: bytes === null ? null : Buffer.from(bytes).toString('utf8'),
    headers: Object.freeze(headers),
    timestampMs,
    ...(given.length > maxHeaders ? { poison: `more than ${maxHeaders} headers` } : {}),
  };
}
