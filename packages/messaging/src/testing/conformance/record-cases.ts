import assert from 'node:assert/strict';
import type { InboundRecord, OutboundRecord, SendResult } from '../../transport.js';
import type { ConformanceCase } from './conformance-case.js';
import type { ForeignRecord } from '../in-memory-broker.js';
import { firstDeliveries } from './reader.js';
import { assertAllSent, type Stage } from './stage.js';

const kinds = (results: readonly SendResult[]): string[] =>
  results.map((result) => (result.kind === 'refused' ? result.code : result.kind));

const plain = (headers: Readonly<Record<string, string>>): [string, string][] => Object.entries(headers).sort();

/** Sends one record and answers it as a reader gets it. */
async function roundTrip(stage: Stage, record: Omit<OutboundRecord, 'topic'>): Promise<InboundRecord> {
  const topic = await stage.topic(1);
  await stage.send([{ topic, ...record }]);
  return firstRecord(stage, topic);
}

async function firstRecord(stage: Stage, topic: string): Promise<InboundRecord> {
  const reader = await stage.read({ topics: [topic], group: stage.group() });
  await reader.until(() => reader.handled.length > 0, 'the record');
  return reader.handled[0] as InboundRecord;
}

export const recordCases: readonly ConformanceCase[] = [
  {
    name: 'answers an empty call with an empty list',
    async run(stage) {
      assert.deepEqual(await stage.shared.send([]), []);
    },
  },
  {
    name: 'refuses a record for an unknown topic, sends the others of the call, and does not create the topic',
    async run(stage, subject) {
      const topic = await stage.topic(1);
      const unknown = subject.uniqueName('nowhere');
      const results = await stage.shared.send([
        { topic, key: 'order-1', value: 'before' },
        { topic: unknown, key: 'order-1', value: 'lost' },
        { topic, key: 'order-1', value: 'behind' },
      ]);
      assert.deepEqual(kinds(results), ['sent', 'UNKNOWN_TOPIC', 'sent']);
      assert.deepEqual(kinds(await stage.shared.send([{ topic: unknown, key: 'order-1', value: 'again' }])), [
        'UNKNOWN_TOPIC',
      ]);
      const reader = await stage.read({ topics: [topic], group: stage.group() });
      await reader.until(() => firstDeliveries(reader.handled).length === 2, '2 records');
    },
  },
  {
    name: 'refuses a record that is too large, holds what follows in its lane, and sends the other lanes',
    async run(stage, { features }) {
      const topic = await stage.topic(1);
      const results = await stage.shared.send([
        { topic, key: 'order-1', value: 'before' },
        { topic, key: 'order-1', value: 'x'.repeat(features.refusedValueBytes) },
        { topic, key: 'order-2', value: 'another lane' },
        { topic, key: 'order-1', value: 'held' },
      ]);
      assert.deepEqual(kinds(results), ['sent', 'RECORD_TOO_LARGE', 'sent', 'held']);
      // The lane is held for that call only.
      assertAllSent(await stage.shared.send([{ topic, key: 'order-1', value: 'next call' }]));
      const reader = await stage.read({ topics: [topic], group: stage.group() });
      await reader.until(() => firstDeliveries(reader.handled).length === 3, '3 records');
      assert.deepEqual(firstDeliveries(reader.handled).sort(), ['another lane', 'before', 'next call']);
      assert.deepEqual(firstDeliveries(reader.handled.filter((record) => record.key === 'order-1')), [
        'before',
        'next call',
      ]);
    },
  },
  {
    name: 'refuses in one call, and sends what other calls sent at the same time, also for the same key',
    async run(stage, { features }) {
      const topic = await stage.topic(2);
      const huge = { topic, key: 'order-1', value: 'x'.repeat(features.refusedValueBytes) };
      const calls = Array.from({ length: 12 }, (_, at) => ({ topic, key: `order-${at % 3}`, value: `call-${at}` }));
      const [refused, ...sent] = await Promise.all([huge, ...calls].map((record) => stage.shared.send([record])));
      assert.deepEqual(kinds(refused ?? []), ['RECORD_TOO_LARGE']);
      assertAllSent(sent.flat());
      const reader = await stage.read({ topics: [topic], group: stage.group() });
      await reader.until(() => firstDeliveries(reader.handled).length === 12, '12 records');
    },
  },
  {
    name: 'marks a record with thousands of headers as poison, and goes on behind it',
    needs: 'write',
    async run(stage, subject) {
      const topic = await stage.topic(1);
      const headers = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`h${at}`, 'v']));
      await subject.write?.({ topic, key: 'order-1', value: 'bomb', headers });
      await stage.send([{ topic, key: 'order-1', value: 'behind it' }]);
      const reader = await stage.read({ topics: [topic], group: stage.group() });
      await reader.until(() => firstDeliveries(reader.handled).length === 2, '2 records');
      const [bomb, good] = reader.handled;
      assert.equal(typeof bomb?.poison, 'string', 'it says why it was cut');
      assert.ok(Object.keys(bomb?.headers ?? {}).length < 5000);
      assert.deepEqual([good?.value, good?.poison], ['behind it', undefined]);
    },
  },
  {
    name: 'carries text of every script unchanged in key, value and headers',
    async run(stage) {
      const text = 'Füße 東京 👩‍🚀 \u0000 \u2028 \u{10ffff} "quoted"\n';
      const record = await roundTrip(stage, { key: text, value: text, headers: { note: text } });
      assert.equal(record.key, text);
      assert.equal(record.value, text);
      assert.equal(record.headers['note'], text);
    },
  },
  {
    name: 'tells where and when a record was written',
    async run(stage) {
      const record = await roundTrip(stage, { key: 'order-1', value: 'a record' });
      assert.match(record.offset, /^\d+$/);
      assert.equal(record.partition, 0);
      assert.ok(Number.isSafeInteger(record.timestampMs) && record.timestampMs > 0);
      assert.equal(record.poison, undefined);
    },
  },
  {
    name: 'carries a value of 200 KiB, an empty value and an empty header',
    async run(stage) {
      const large = 'é'.repeat(100 * 1024);
      assert.equal((await roundTrip(stage, { key: 'order-1', value: large })).value, large);
      const empty = await roundTrip(stage, { key: 'order-1', value: '', headers: { empty: '' } });
      assert.equal(empty.value, '', 'an empty value is not a tombstone');
      assert.equal(empty.headers['empty'], '');
    },
  },
  {
    name: 'carries headers by any name on a null prototype',
    async run(stage) {
      const headers = Object.fromEntries(
        ['ce_id', '__proto__', 'constructor', 'toString', 'hasOwnProperty'].map((name) => [name, `value of ${name}`]),
      );
      const record = await roundTrip(stage, { key: 'order-1', value: 'a record', headers });
      assert.equal(Object.getPrototypeOf(record.headers), null);
      assert.deepEqual(plain(record.headers), plain(headers));
      const bare = await roundTrip(stage, { key: 'order-1', value: 'a record' });
      assert.deepEqual(plain(bare.headers), []);
      assert.equal(Object.getPrototypeOf(bare.headers), null);
    },
  },
  {
    name: 'hands over a record without a value or a key as null',
    needs: 'write',
    async run(stage, subject) {
      const topic = await stage.topic(1);
      const record: ForeignRecord = { topic, key: null, value: null };
      await subject.write?.(record);
      const read = await firstRecord(stage, topic);
      assert.equal(read.key, null);
      assert.equal(read.value, null);
    },
  },
  {
    name: 'replaces bytes that are not UTF-8 by U+FFFD and goes on',
    needs: 'write',
    async run(stage, subject) {
      const topic = await stage.topic(1);
      await subject.write?.({ topic, key: 'order-1', value: Uint8Array.of(0x61, 0xff, 0x62) });
      await stage.send([{ topic, key: 'order-1', value: 'behind it' }]);
      const reader = await stage.read({ topics: [topic], group: stage.group() });
      await reader.until(() => firstDeliveries(reader.handled).length === 2, '2 records');
      assert.deepEqual(firstDeliveries(reader.handled), ['a\ufffdb', 'behind it']);
    },
  },
  {
    name: 'creates topics once for ten concurrent callers, and leaves an existing one as it is',
    async run(stage, subject) {
      const topic = subject.uniqueName('topic');
      const transport = await stage.transport();
      await Promise.all(
        Array.from({ length: 10 }, (_, caller) =>
          (caller % 2 ? transport : stage.shared).ensureTopics([{ topic, partitions: 2 }]),
        ),
      );
      await stage.shared.ensureTopics([{ topic, partitions: 5 }, { topic: subject.uniqueName('topic') }]);
      const keys = Array.from({ length: 60 }, (_, at) => `order-${at}`);
      await stage.send(keys.map((key) => ({ topic, key, value: key })));
      const reader = await stage.read({ topics: [topic], group: stage.group() });
      await reader.until(() => firstDeliveries(reader.handled).length === 60, '60 records');
      assert.deepEqual(
        [...new Set(reader.handled.map((record) => record.partition))].sort(),
        [0, 1],
        'the topic keeps its two partitions',
      );
    },
  },
];
