import type { InboundRecord } from '../transport.js';

/** The records of one partition: append-only, offsets from 0 without gaps, nothing is ever removed. */
export interface PartitionLog {
  readonly topic: string;
  readonly partition: number;
  /** `readableAtMs`: the record, and all behind it, can be read from then on. */
  append(record: Omit<InboundRecord, 'topic' | 'partition' | 'offset'>, readableAtMs: number): InboundRecord;
  read(range: { readonly from: number; readonly atMost: number; readonly nowMs: number }): readonly InboundRecord[];
  hasReadable(from: number, nowMs: number): boolean;
  /** The offset that the next record will have. */
  end(): number;
}

export function createPartitionLog(topic: string, partition: number): PartitionLog {
  const records: InboundRecord[] = [];
  // Never falling: a late record holds up those behind it, otherwise a delay would reorder a lane.
  const readableAtMs: number[] = [];
  const isReadable = (offset: number, nowMs: number): boolean =>
    (readableAtMs[offset] ?? Number.POSITIVE_INFINITY) <= nowMs;

  return {
    topic,
    partition,
    append(record, atMs) {
      const stored = { topic, partition, offset: String(records.length), ...record };
      readableAtMs.push(Math.max(atMs, readableAtMs.at(-1) ?? Number.NEGATIVE_INFINITY));
      records.push(stored);
      return stored;
    },
    read({ from, atMost, nowMs }) {
      let end = from;
      while (end < from + atMost && isReadable(end, nowMs)) end++;
      return records.slice(from, end);
    },
    hasReadable: isReadable,
    end: () => records.length,
  };
}
