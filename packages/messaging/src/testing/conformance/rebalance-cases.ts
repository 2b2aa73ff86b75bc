import assert from 'node:assert/strict';
import type { RecordBatch } from '../../transport.js';
import { eventLoopTurn } from '../event-loop-turn.js';
import type { ConformanceCase } from './conformance-case.js';
import { createGate } from './gate.js';
import { firstDeliveries, type Reader } from './reader.js';

const spread = (topic: string, prefix: string, count: number) =>
  Array.from({ length: count }, (_, at) => ({ topic, key: `order-${at}`, value: `${prefix}-${at}` }));

/** Resolves when these readers together have handled so many different records. */
async function untilTogether(readers: readonly Reader[], count: number): Promise<void> {
  const handled = () => firstDeliveries(readers.flatMap((reader) => reader.handled)).length;
  await Promise.race(readers.map((reader) => reader.until(() => handled() === count, `${count} records together`)));
}

export const rebalanceCases: readonly ConformanceCase[] = [
  {
    name: 'does not hand a partition to a newcomer before the slow handler that runs in it has ended',
    async run(stage) {
      const topic = await stage.topic(2);
      const group = stage.group();
      const running = new Set<number>();
      const overlaps: number[] = [];
      const alone = async ({ partition }: RecordBatch, work: () => Promise<void>): Promise<void> => {
        if (running.has(partition)) overlaps.push(partition);
        running.add(partition);
        await work();
        running.delete(partition);
      };
      const [aborted, gate] = [createGate(), createGate()];
      const slow = await stage.read({
        topics: [topic],
        group,
        transport: await stage.transport(),
        before: (batch, { signal }) =>
          alone(batch, async () => {
            signal.addEventListener('abort', () => aborted.open());
            await gate.opened;
          }),
      });
      await stage.send(spread(topic, 'before', 20));
      await slow.until(() => slow.begun.length > 0, 'a batch in the slow member');
      const joining = stage.read({
        topics: [topic],
        group,
        transport: await stage.transport(),
        before: (batch) => alone(batch, eventLoopTurn),
      });
      // Where the case fails before it is awaited, it must not fail a second time as an unhandled rejection.
      joining.catch(() => undefined);
      await aborted.opened;
      // Something to read for whoever takes a partition too early, and the time for it.
      await stage.send(spread(topic, 'during', 20));
      await stage.otherGroupReads(topic);
      gate.open();
      const newcomer = await joining;
      await untilTogether([slow, newcomer], 40);
      assert.deepEqual(overlaps, []);
    },
  },
  {
    name: 'loses nothing when three members join at once and one leaves',
    async run(stage) {
      const topic = await stage.topic(6);
      const group = stage.group();
      const join = async () => stage.read({ topics: [topic], group, transport: await stage.transport() });
      const readers = await Promise.all([join(), join(), join()]);
      await stage.send(spread(topic, 'three', 30));
      await untilTogether(readers, 30);
      await readers[0]?.close();
      await stage.send(spread(topic, 'two', 30));
      await untilTogether(readers, 60);
    },
  },
  {
    name: 'serves two members of one group in one process',
    async run(stage) {
      const topic = await stage.topic(4);
      const group = stage.group();
      const [one, other] = [await stage.read({ topics: [topic], group }), await stage.read({ topics: [topic], group })];
      await stage.send(spread(topic, 'both', 40));
      await untilTogether([one, other], 40);
      assert.ok(one.handled.length > 0 && other.handled.length > 0, 'each has partitions');
    },
  },
  {
    name: 'gives a batch that one member rejects for ever to the next when that one leaves',
    async run(stage) {
      const topic = await stage.topic(1);
      const group = stage.group();
      await stage.send(spread(topic, 'stubborn', 5));
      const rejecting = await stage.read({
        topics: [topic],
        group,
        before() {
          throw new Error('the handler failed');
        },
      });
      await rejecting.until(() => rejecting.begun.length >= 2, 'a second delivery');
      // In the middle of its pause, which must not keep it.
      await rejecting.close();
      const next = await stage.read({ topics: [topic], group });
      await next.until(() => firstDeliveries(next.handled).length === 5, 'the 5 rejected records');
      assert.equal(rejecting.handled.length, 0);
    },
  },
];
