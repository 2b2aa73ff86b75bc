import type { DecodedRecord } from '@backstitch/kafka-driver';
import type { KafkaRecord, RecordsBatch } from '@platformatic/kafka';

/** A partition's part of a fetch. */
export interface FetchedPartition {
  readonly records?: readonly RecordsBatch[];
  readonly abortedTransactions: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[];
}

export interface ReadableRecords {
  readonly records: readonly DecodedRecord[];
  /** The first offset behind everything that was fetched, what is not readable included. */
  readonly next: bigint;
}

const transactional = 1 << 4;
const control = 1 << 5;
const logAppendTime = 1 << 3;
const abortMarker = 0;

/**
 * The records at and after an offset, without markers and without those of aborted transactions, found as Kafka's own consumer finds them. The
 * client's consumer keeps one aborted range a producer, and hands over the first of two aborted transactions of one fetch.
 */
export function readableRecords(fetched: FetchedPartition, from: bigint): ReadableRecords {
  const aborts = [...fetched.abortedTransactions].sort((one, other) => (one.firstOffset < other.firstOffset ? -1 : 1));
  const aborting = new Set<bigint>();
  const records: DecodedRecord[] = [];
  let next = from;
  for (const batch of fetched.records ?? []) {
    const last = batch.firstOffset + BigInt(batch.lastOffsetDelta);
    for (let abort = aborts[0]; abort !== undefined && abort.firstOffset <= last; abort = aborts[0]) {
      aborting.add(abort.producerId);
      aborts.shift();
    }
    if (last >= next) next = last + 1n;
    if ((batch.attributes & control) !== 0) {
      if (isAbortMarker(batch)) aborting.delete(batch.producerId);
    } else if ((batch.attributes & transactional) === 0 || !aborting.has(batch.producerId)) {
      for (const record of batch.records) {
        // A batch is sent as it was written: its beginning may lie before the offset that was asked for.
        if (offsetOf(batch, record) >= from) records.push(decoded(batch, record));
      }
    }
  }
  return { records, next };
}

function isAbortMarker({ records: [marker] }: RecordsBatch): boolean {
  const key = marker?.key;
  return key != null && key.length >= 4 && key.readInt16BE(2) === abortMarker;
}

function offsetOf(batch: RecordsBatch, record: KafkaRecord): bigint {
  return batch.firstOffset + BigInt(record.offsetDelta);
}

function decoded(batch: RecordsBatch, record: KafkaRecord): DecodedRecord {
  const written =
    (batch.attributes & logAppendTime) === 0 ? batch.firstTimestamp + record.timestampDelta : batch.maxTimestamp;
  return {
    offset: offsetOf(batch, record).toString(),
    key: record.key,
    value: record.value,
    timestampMs: Number(written),
    headers: headersOf(record),
  };
}

function* headersOf({ headers }: KafkaRecord): Generator<readonly [string, Buffer | null]> {
  for (const [name, value] of headers) yield [name?.toString('utf8') ?? '', value];
}
