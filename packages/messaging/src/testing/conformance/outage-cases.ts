import assert from 'node:assert/strict';
import { TransportUnavailableError } from '../../errors.js';
import type { OutboundRecord } from '../../transport.js';
import type { ConformanceCase } from './conformance-case.js';
import type { ConformanceSubject } from './conformance-subject.js';
import { firstDeliveries } from './reader.js';
import { assertAllSent, type Stage } from './stage.js';

const numbered = (topic: string, from: number, count: number): OutboundRecord[] =>
  Array.from({ length: count }, (_, at) => ({ topic, key: `order-${at % 4}`, value: String(from + at) }));

/** Runs `work` while there is no broker, and brings it back whatever comes of that. */
async function duringOutage(subject: ConformanceSubject, work: () => Promise<void>): Promise<void> {
  const outage = await subject.outage?.();
  try {
    await work();
  } finally {
    await outage?.end();
  }
}

/** Sends until the broker takes it, as a relay does. What it took without saying so stands twice. */
async function sendAtLast({ shared }: Stage, records: readonly OutboundRecord[]): Promise<void> {
  for (;;) {
    try {
      assertAllSent(await shared.send(records));
      return;
    } catch (error) {
      if (!(error instanceof TransportUnavailableError)) throw error;
      // A transport that says so at once must not keep the broker from coming back.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

export const outageCases: readonly ConformanceCase[] = [
  {
    name: 'rejects while the broker is gone and blames no record; when it is back it sends, reads on by itself, loses nothing and keeps lanes in order',
    needs: 'outage',
    async run(stage, subject) {
      const topic = await stage.topic(2);
      const reader = await stage.read({ topics: [topic], group: stage.group(), transport: await stage.transport() });
      await stage.send(numbered(topic, 0, 20));
      await reader.until(() => firstDeliveries(reader.handled).length >= 20, '20 records before the outage');
      await duringOutage(subject, () =>
        assert.rejects(
          stage.shared.send(numbered(topic, 20, 1)),
          (error) => error instanceof TransportUnavailableError,
        ),
      );
      await sendAtLast(stage, numbered(topic, 20, 20));
      const values = () => [...new Set(reader.handled.map((record) => record.value))];
      await reader.until(() => values().length === 40, '40 records');
      for (let lane = 0; lane < 4; lane++) {
        const mine = reader.handled.filter(({ key }) => key === `order-${lane}`);
        const seen = [...new Set(mine.map(({ value }) => Number(value)))];
        assert.deepEqual(
          seen,
          [...seen].sort((one, other) => one - other),
        );
      }
    },
  },
  {
    name: 'delivers again what was being handled when the broker went',
    needs: 'outage',
    async run(stage, subject) {
      const topic = await stage.topic(1);
      let isGone = false;
      const reader = await stage.read({
        topics: [topic],
        group: stage.group(),
        transport: await stage.transport(),
        before() {
          // A handler whose database went with the broker.
          if (!isGone) throw new Error('the handler failed');
        },
      });
      await stage.send(numbered(topic, 0, 1));
      await reader.until(() => reader.begun.length > 0, 'a batch before the outage');
      await duringOutage(subject, async () => {
        isGone = true;
      });
      await reader.until(() => reader.handled.length > 0, 'the record after the outage');
    },
  },
  {
    name: 'closes in bounded time while the broker is gone',
    needs: 'outage',
    async run(stage, subject) {
      const topic = await stage.topic(1);
      const reader = await stage.read({ topics: [topic], group: stage.group(), transport: await stage.transport() });
      await duringOutage(subject, async () => {
        await reader.close(100);
        await reader.subscription.stopped;
      });
    },
  },
];
