import assert from 'node:assert/strict';
import { MessagingError } from '../../errors.js';
import type { ConformanceCase } from './conformance-case.js';
import { createGate } from './gate.js';
import { firstDeliveries, place } from './reader.js';

const isClosed = (error: unknown): boolean => error instanceof MessagingError && error.code === 'TRANSPORT_CLOSED';

const spread = (topic: string, prefix: string, count: number) =>
  Array.from({ length: count }, (_, at) => ({ topic, key: `order-${at}`, value: `${prefix}-${at}` }));

export const membershipCases: readonly ConformanceCase[] = [
  {
    name: 'shares the partitions when a second member joins, and loses nothing',
    async run(stage) {
      const topic = await stage.topic(4);
      const group = stage.group();
      const first = await stage.read({ topics: [topic], group, transport: await stage.transport() });
      await stage.send(spread(topic, 'alone', 40));
      await first.until(() => first.handled.length > 0, 'a record in the first member');
      const second = await stage.read({ topics: [topic], group, transport: await stage.transport() });
      await stage.send(spread(topic, 'together', 40));
      await second.until(() => second.handled.length > 0, 'a record in the second member');
      const all = () => firstDeliveries([...first.handled, ...second.handled]).length;
      await Promise.race([
        first.until(() => all() === 80, '80 records'),
        second.until(() => all() === 80, '80 records'),
      ]);
    },
  },
  {
    name: 'gives the partitions of a member that leaves to the one that stays',
    async run(stage) {
      const topic = await stage.topic(4);
      const group = stage.group();
      const stays = await stage.read({ topics: [topic], group, transport: await stage.transport() });
      const leaves = await stage.read({ topics: [topic], group, transport: await stage.transport() });
      await leaves.close();
      await stage.send(spread(topic, 'after', 40));
      await stays.until(() => firstDeliveries(stays.handled).length === 40, '40 records in the member that stays');
      assert.equal(leaves.handled.length, 0);
    },
  },
  {
    name: 'keeps a member whose slow handler sends heartbeats',
    async run(stage, subject) {
      const topic = await stage.topic(1);
      const { slowHandlerMs } = subject.features;
      const reader = await stage.read({
        topics: [topic],
        group: stage.group(),
        // The work of a slow handler is the passing of time: nothing can be awaited in its place.
        async before(_batch, { heartbeat }) {
          const endMs = Date.now() + slowHandlerMs;
          while (Date.now() < endMs) {
            await new Promise((resolve) => setTimeout(resolve, slowHandlerMs / 20));
            await heartbeat();
          }
        },
      });
      await stage.send([{ topic, key: 'order-1', value: 'slow' }]);
      await reader.until(() => reader.handled.length === 1, 'the slow record');
      await stage.send([{ topic, key: 'order-1', value: 'next' }]);
      await reader.until(() => reader.handled.length === 2, 'the record behind the slow one');
      assert.deepEqual(
        reader.handled.map((record) => record.value),
        ['slow', 'next'],
      );
      assert.equal(new Set(reader.handled.map(place)).size, 2);
    },
  },
  {
    name: 'waits at close for the running handler, aborts its signal and commits what it did',
    async run(stage) {
      const topic = await stage.topic(1);
      const group = stage.group();
      const aborted = createGate();
      const gate = createGate();
      const reader = await stage.read({
        topics: [topic],
        group,
        async before(_batch, { signal }) {
          signal.addEventListener('abort', () => aborted.open());
          await gate.opened;
        },
      });
      await stage.send([{ topic, key: 'order-1', value: 'running' }]);
      await reader.until(() => reader.begun.length === 1, 'a batch');
      let closed = false;
      const closing = reader.close().then(() => {
        closed = true;
      });
      await aborted.opened;
      await stage.otherGroupReads(topic);
      assert.equal(closed, false, 'close waits for the handler');
      gate.open();
      await closing;
      assert.equal(reader.handled.length, 1);
      await stage.send([{ topic, key: 'order-1', value: 'later' }]);
      const next = await stage.read({ topics: [topic], group });
      await next.until(() => next.handled.length > 0, 'the later record');
      assert.equal(next.handled[0]?.value, 'later');
    },
  },
  {
    name: 'leaves at the deadline of close when the handler hangs',
    async run(stage) {
      const topic = await stage.topic(1);
      const hung = createGate();
      const reader = await stage.read({ topics: [topic], group: stage.group(), before: () => hung.opened });
      await stage.send([{ topic, key: 'order-1', value: 'hangs' }]);
      await reader.until(() => reader.begun.length === 1, 'a batch');
      await reader.close(20);
      assert.equal(reader.handled.length, 0, 'close did not wait for the handler');
      hung.open();
    },
  },
  {
    name: 'resolves stopped when it is closed, and may be closed twice',
    async run(stage) {
      const topic = await stage.topic(1);
      const reader = await stage.read({ topics: [topic], group: stage.group() });
      let stopped = false;
      const noticed = reader.subscription.stopped.then(() => {
        stopped = true;
      });
      await stage.send([{ topic, key: 'order-1', value: 'one' }]);
      await reader.until(() => reader.handled.length === 1, 'a record');
      assert.equal(stopped, false, 'stopped is pending while it runs');
      await Promise.all([reader.close(), reader.close()]);
      await reader.close();
      await noticed;
      assert.equal(stopped, true);
    },
  },
  {
    name: 'ends its subscriptions when the transport closes, and refuses everything afterwards',
    async run(stage) {
      const topic = await stage.topic(1);
      const transport = await stage.transport();
      const reader = await stage.read({ topics: [topic], group: stage.group(), transport });
      await Promise.all([transport.close(), transport.close()]);
      await reader.subscription.stopped;
      await assert.rejects(transport.send([{ topic, key: 'order-1', value: 'late' }]), isClosed);
      await assert.rejects(transport.ensureTopics([{ topic }]), isClosed);
      await assert.rejects(
        transport.subscribe({ topics: [topic], group: stage.group(), handle: async () => undefined }),
        isClosed,
      );
    },
  },
];
