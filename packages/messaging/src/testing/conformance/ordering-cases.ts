import assert from 'node:assert/strict';
import { partitionOf } from '../../partition-of.js';
import type { OutboundRecord } from '../../transport.js';
import { eventLoopTurn } from '../event-loop-turn.js';
import type { ConformanceCase } from './conformance-case.js';
import { firstDeliveries } from './reader.js';

const numbered = (topic: string, key: string, count: number): OutboundRecord[] =>
  Array.from({ length: count }, (_, at) => ({ topic, key, value: `${key}-${at}` }));

const valuesOf = (records: readonly OutboundRecord[]): string[] => records.map((record) => record.value);

export const orderingCases: readonly ConformanceCase[] = [
  {
    name: 'keeps the order of one key within a call',
    async run(stage) {
      const topic = await stage.topic(3);
      const records = numbered(topic, 'order-1', 50);
      await stage.send(records);
      const reader = await stage.read({ topics: [topic], group: stage.group() });
      await reader.until(() => firstDeliveries(reader.handled).length === 50, '50 records');
      assert.deepEqual(firstDeliveries(reader.handled), valuesOf(records));
    },
  },
  {
    name: 'keeps the order of one key over several awaited calls',
    async run(stage) {
      const topic = await stage.topic(3);
      const records = numbered(topic, 'order-1', 20);
      const reader = await stage.read({ topics: [topic], group: stage.group() });
      for (const record of records) await stage.send([record]);
      await reader.until(() => firstDeliveries(reader.handled).length === 20, '20 records');
      assert.deepEqual(firstDeliveries(reader.handled), valuesOf(records));
    },
  },
  {
    name: 'keeps the order of each key when many keys are mixed in concurrent calls',
    async run(stage) {
      const topic = await stage.topic(3);
      const lanes = Array.from({ length: 12 }, (_, lane) => numbered(topic, `order-${lane}`, 10));
      const reader = await stage.read({ topics: [topic], group: stage.group() });
      // Each call carries a third of the lanes, mixed; a lane is in one call only, so its order is promised.
      const calls = [0, 1, 2].map((call) => {
        const mine = lanes.filter((_, lane) => lane % 3 === call);
        return Array.from({ length: 10 }, (_, at) => mine.map((lane) => lane[at] as OutboundRecord)).flat();
      });
      await Promise.all(calls.map((records) => stage.send(records)));
      await reader.until(() => firstDeliveries(reader.handled).length === 120, '120 records');
      for (const [lane, records] of lanes.entries()) {
        const delivered = reader.handled.filter((record) => record.key === `order-${lane}`);
        assert.deepEqual(firstDeliveries(delivered), valuesOf(records));
      }
    },
  },
  {
    name: 'puts one key on one partition, serves all partitions, and counts offsets upwards in each',
    async run(stage) {
      const topic = await stage.topic(4);
      const keys = Array.from({ length: 80 }, (_, at) => `order-${at}`);
      await stage.send(keys.flatMap((key) => numbered(topic, key, 2)));
      const reader = await stage.read({ topics: [topic], group: stage.group() });
      await reader.until(() => firstDeliveries(reader.handled).length === 160, '160 records');
      const partitionsOf = (key: string) =>
        new Set(reader.handled.filter((record) => record.key === key).map((record) => record.partition));
      for (const key of keys) assert.equal(partitionsOf(key).size, 1, `${key} is on one partition`);
      assert.deepEqual([...new Set(reader.handled.map((record) => record.partition))].sort(), [0, 1, 2, 3]);
      for (const batch of reader.begun) {
        assert.ok(
          batch.records.every((record) => record.partition === batch.partition && record.topic === batch.topic),
        );
        const offsets = batch.records.map((record) => BigInt(record.offset));
        assert.ok(offsets.every((offset, at) => at === 0 || offset > (offsets[at - 1] as bigint)));
      }
    },
  },
  {
    name: 'puts a key on the partition that murmur2 of its bytes chooses, as every other driver does',
    async run(stage) {
      const topic = await stage.topic(5);
      const keys = [
        '',
        'a',
        'ä',
        '鍵',
        '👩‍🚀',
        'x'.repeat(1000),
        ...Array.from({ length: 30 }, (_, at) => `order-${at}`),
      ];
      await stage.send(keys.map((key) => ({ topic, key, value: key })));
      const reader = await stage.read({ topics: [topic], group: stage.group() });
      await reader.until(() => firstDeliveries(reader.handled).length === keys.length, `${keys.length} records`);
      for (const { key, partition } of reader.handled)
        assert.equal(partition, partitionOf(key ?? '', 5), `the key ${key}`);
    },
  },
  {
    name: 'never hands over two batches of one partition at the same time',
    async run(stage) {
      const topic = await stage.topic(2);
      const running = new Set<number>();
      const overlaps: number[] = [];
      const reader = await stage.read({
        topics: [topic],
        group: stage.group(),
        maxBatchRecords: 3,
        async before({ partition }) {
          if (running.has(partition)) overlaps.push(partition);
          running.add(partition);
          for (let turn = 0; turn < 5; turn++) await eventLoopTurn();
          running.delete(partition);
        },
      });
      for (let at = 0; at < 10; at++)
        await stage.send(
          Array.from({ length: 10 }, (_, key) => ({ topic, key: `order-${key}`, value: `${key}-${at}` })),
        );
      await reader.until(() => firstDeliveries(reader.handled).length === 100, '100 records');
      assert.deepEqual(overlaps, []);
    },
  },
  {
    name: 'hands over no more records at once than asked for',
    async run(stage) {
      const topic = await stage.topic(1);
      await stage.send(numbered(topic, 'order-1', 25));
      const reader = await stage.read({ topics: [topic], group: stage.group(), maxBatchRecords: 4 });
      await reader.until(() => firstDeliveries(reader.handled).length === 25, '25 records');
      assert.ok(reader.begun.every((batch) => batch.records.length >= 1 && batch.records.length <= 4));
    },
  },
  {
    name: 'gives every group every record, from the first one on',
    async run(stage) {
      const topic = await stage.topic(3);
      const records = ['a', 'b', 'c', 'd'].map((key) => ({ topic, key, value: key }));
      await stage.send(records);
      const early = await stage.read({ topics: [topic], group: stage.group() });
      await early.until(() => firstDeliveries(early.handled).length === 4, '4 records in the first group');
      const late = await stage.read({ topics: [topic], group: stage.group() });
      await late.until(() => firstDeliveries(late.handled).length === 4, '4 records in the later group');
      assert.deepEqual(firstDeliveries(late.handled).sort(), ['a', 'b', 'c', 'd']);
    },
  },
  {
    name: 'serves a subscription to several topics',
    async run(stage) {
      const topics = [await stage.topic(1), await stage.topic(2)];
      const reader = await stage.read({ topics, group: stage.group() });
      await stage.send(topics.flatMap((topic) => numbered(topic, 'order-1', 3)));
      await reader.until(() => firstDeliveries(reader.handled).length === 6, '6 records');
      for (const topic of topics) {
        assert.deepEqual(firstDeliveries(reader.handled.filter((record) => record.topic === topic)), [
          'order-1-0',
          'order-1-1',
          'order-1-2',
        ]);
      }
    },
  },
];
