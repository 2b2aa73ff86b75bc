import type { KafkaRecord, RecordsBatch } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import { readableRecords } from '../src/readable-records.js';

const record = (offsetDelta: number, fields: Partial<KafkaRecord> = {}): KafkaRecord => ({
  length: 0,
  attributes: 0,
  timestampDelta: BigInt(offsetDelta),
  offsetDelta,
  key: Buffer.from('k'),
  value: Buffer.from('v'),
  headers: [],
  ...fields,
});

function batch(firstOffset: number, fields: Partial<RecordsBatch> & { readonly size?: number } = {}): RecordsBatch {
  const { size = 1, ...rest } = fields;
  return {
    firstOffset: BigInt(firstOffset),
    length: 0,
    partitionLeaderEpoch: 0,
    magic: 2,
    crc: 0,
    attributes: 0,
    lastOffsetDelta: size - 1,
    firstTimestamp: 1000n,
    maxTimestamp: 2000n,
    producerId: -1n,
    producerEpoch: 0,
    firstSequence: 0,
    records: Array.from({ length: size }, (_, at) => record(at)),
    ...rest,
  };
}

const inTransaction = (firstOffset: number, producerId: bigint): RecordsBatch =>
  batch(firstOffset, { attributes: 0b1_0000, producerId });
/** Version 0, then 0 for an abort and 1 for a commit. */
const marker = (firstOffset: number, producerId: bigint, end: 'abort' | 'commit'): RecordsBatch =>
  batch(firstOffset, {
    attributes: 0b11_0000,
    producerId,
    records: [record(0, { key: Buffer.from([0, 0, 0, end === 'abort' ? 0 : 1]) })],
  });

const read = (records: RecordsBatch[], options: { from?: bigint; aborts?: [bigint, bigint][] } = {}) => {
  const abortedTransactions = (options.aborts ?? []).map(([producerId, firstOffset]) => ({ producerId, firstOffset }));
  const readable = readableRecords({ records, abortedTransactions }, options.from ?? 0n);
  return { offsets: readable.records.map(({ offset }) => Number(offset)), next: Number(readable.next) };
};

describe('the readable records of a fetch', () => {
  it('begin at the offset that was asked for, though their batch begins before it', () => {
    expect(read([batch(10, { size: 4 })], { from: 12n })).toEqual({ offsets: [12, 13], next: 14 });
  });

  it('leave the next offset where it was, where nothing came', () => {
    expect(read([], { from: 12n })).toEqual({ offsets: [], next: 12 });
  });

  it('pass the end of a batch whose last records were compacted away', () => {
    expect(read([batch(0, { lastOffsetDelta: 9 })])).toEqual({ offsets: [0], next: 10 });
  });

  it('are without markers, which are passed', () => {
    expect(read([inTransaction(0, 7n), marker(1, 7n, 'commit')])).toEqual({ offsets: [0], next: 2 });
  });

  it('are without those of both aborted transactions of one producer, and with the one between them', () => {
    const log = [
      inTransaction(0, 7n),
      marker(1, 7n, 'abort'),
      inTransaction(2, 7n),
      marker(3, 7n, 'commit'),
      inTransaction(4, 7n),
      marker(5, 7n, 'abort'),
      batch(6),
    ];
    const aborts: [bigint, bigint][] = [
      [7n, 4n],
      [7n, 0n],
    ];
    expect(read(log, { aborts })).toEqual({ offsets: [2, 6], next: 7 });
  });

  it('keep what another producer wrote meanwhile, in a transaction or without', () => {
    const log = [inTransaction(0, 7n), inTransaction(1, 8n), batch(2), marker(3, 7n, 'abort'), marker(4, 8n, 'commit')];
    expect(read(log, { aborts: [[7n, 0n]] })).toEqual({ offsets: [1, 2], next: 5 });
  });

  it('tell the time of writing, or of the log where the topic says so', () => {
    const [written] = readableRecords(
      { records: [batch(0, { records: [record(3)], lastOffsetDelta: 3 })], abortedTransactions: [] },
      0n,
    ).records;
    expect(written?.timestampMs).toBe(1003);
    const [appended] = readableRecords(
      { records: [batch(0, { attributes: 0b1000 })], abortedTransactions: [] },
      0n,
    ).records;
    expect(appended?.timestampMs).toBe(2000);
  });
});
