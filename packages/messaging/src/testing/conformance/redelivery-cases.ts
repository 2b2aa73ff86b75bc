import assert from 'node:assert/strict';
import type { RecordBatch } from '../../transport.js';
import type { ConformanceCase } from './conformance-case.js';
import { createGate } from './gate.js';
import { firstDeliveries } from './reader.js';

const five = (topic: string) =>
  Array.from({ length: 5 }, (_, at) => ({ topic, key: 'order-1', value: `record-${at}` }));
const allFive = ['record-0', 'record-1', 'record-2', 'record-3', 'record-4'];
const firstValue = (batch: RecordBatch | undefined): string | null | undefined => batch?.records[0]?.value;

export const redeliveryCases: readonly ConformanceCase[] = [
  {
    name: 'delivers a batch again from its first record until a handler resolves for it',
    async run(stage) {
      const topic = await stage.topic(1);
      await stage.send(five(topic));
      let rejections = 0;
      const reader = await stage.read({
        topics: [topic],
        group: stage.group(),
        before() {
          if (rejections < 3) {
            rejections++;
            throw new Error('the handler failed');
          }
        },
      });
      await reader.until(() => reader.handled.length >= 5, 'the records after three rejections');
      assert.deepEqual(reader.begun.slice(0, 4).map(firstValue), ['record-0', 'record-0', 'record-0', 'record-0']);
      assert.deepEqual(firstDeliveries(reader.handled), allFive);
    },
  },
  {
    name: 'goes on with other partitions while one is rejected',
    async run(stage) {
      const topic = await stage.topic(2);
      let isHealed = false;
      let rejections = 0;
      // Which partition suffers is whichever comes first: keys fall where the broker puts them.
      let rejected: number | undefined;
      const reader = await stage.read({
        topics: [topic],
        group: stage.group(),
        before({ partition }) {
          rejected ??= partition;
          if (partition !== rejected || isHealed) return;
          rejections++;
          throw new Error('the handler failed');
        },
      });
      const keys = Array.from({ length: 20 }, (_, at) => `order-${at}`);
      await stage.send(keys.map((key) => ({ topic, key, value: key })));
      await reader.until(() => reader.handled.length > 0, 'a record of the other partition');
      assert.ok(rejections > 0);
      assert.ok(reader.handled.every((record) => record.partition !== rejected));
      isHealed = true;
      await reader.until(
        () => firstDeliveries(reader.handled).length === 20,
        'all 20 records after the handler healed',
      );
    },
  },
  {
    name: 'does not let a rejecting group hold up another',
    async run(stage) {
      const topic = await stage.topic(1);
      await stage.read({
        topics: [topic],
        group: stage.group(),
        before() {
          throw new Error('the handler failed');
        },
      });
      const other = await stage.read({ topics: [topic], group: stage.group() });
      await stage.send(five(topic));
      await other.until(() => firstDeliveries(other.handled).length === 5, '5 records in the other group');
    },
  },
  {
    name: 'begins behind the handled records after a restart',
    async run(stage) {
      const topic = await stage.topic(1);
      const group = stage.group();
      await stage.send(five(topic));
      const before = await stage.read({ topics: [topic], group });
      await before.until(() => before.handled.length === 5, 'the first 5 records');
      await before.close();
      await stage.send([{ topic, key: 'order-1', value: 'after the restart' }]);
      const after = await stage.read({ topics: [topic], group });
      await after.until(() => after.handled.length > 0, 'a record after the restart');
      assert.equal(after.handled[0]?.value, 'after the restart');
    },
  },
  {
    name: 'delivers again what a crashed process was handling',
    needs: 'crash',
    async run(stage, subject) {
      const topic = await stage.topic(1);
      const group = stage.group();
      await stage.send(five(topic));
      const doomed = await stage.transport();
      const hung = createGate();
      const before = await stage.read({ topics: [topic], group, transport: doomed, before: () => hung.opened });
      await before.until(() => before.begun.length > 0, 'a batch');
      await stage.otherGroupReads(topic);
      await subject.crash?.(doomed);
      const after = await stage.read({ topics: [topic], group });
      await after.until(() => firstDeliveries(after.handled).length === 5, 'the 5 records of the crashed process');
      assert.deepEqual(firstDeliveries(after.handled), allFive);
      hung.open();
    },
  },
  {
    name: 'loses nothing between two processes of which one crashes',
    needs: 'crash',
    async run(stage, subject) {
      const topic = await stage.topic(2);
      const group = stage.group();
      const doomed = await stage.transport();
      const survivor = await stage.read({ topics: [topic], group, transport: await stage.transport() });
      const victim = await stage.read({
        topics: [topic],
        group,
        transport: doomed,
        before: () => new Promise(() => undefined),
      });
      const keys = Array.from({ length: 30 }, (_, at) => `order-${at}`);
      await stage.send(keys.map((key) => ({ topic, key, value: key })));
      await victim.until(() => victim.begun.length > 0, 'a batch in the process that is going to crash');
      await subject.crash?.(doomed);
      await survivor.until(() => firstDeliveries(survivor.handled).length === 30, '30 records in the survivor');
    },
  },
  {
    name: 'delivers again what a handler did not finish before the deadline of close',
    async run(stage) {
      const topic = await stage.topic(1);
      const group = stage.group();
      await stage.send(five(topic));
      const hung = createGate();
      const before = await stage.read({ topics: [topic], group, before: () => hung.opened });
      await before.until(() => before.begun.length > 0, 'a batch');
      await stage.otherGroupReads(topic);
      await before.close(50);
      assert.equal(before.handled.length, 0);
      const after = await stage.read({ topics: [topic], group });
      await after.until(() => firstDeliveries(after.handled).length === 5, 'the 5 records after the close');
      assert.deepEqual(firstDeliveries(after.handled), allFive);
      hung.open();
    },
  },
];
