import assert from 'node:assert/strict';
import type { InboundRecord } from '../../transport.js';
import { createSeededRandom } from '../seeded-random.js';
import type { ConformanceCase } from './conformance-case.js';
import { firstDeliveries, type Reader } from './reader.js';
import type { Stage } from './stage.js';

const keys = ['order-0', 'order-1', 'order-2', 'order-3', 'order-4'];
const actions = 8;
const mostMembers = 3;
const mostRejections = 6;

/** What a simulation over the broker in memory rests on: that a real one keeps the same promises in any order of events. */
export const randomScheduleCases: readonly ConformanceCase[] = [1, 2].map((seed) => ({
  name: `loses nothing and keeps each key's order through sends, rejected batches and members that come and go (seed ${seed})`,
  run: (stage) => playSchedule(stage, seed),
}));

async function playSchedule(stage: Stage, seed: number): Promise<void> {
  const random = createSeededRandom(seed);
  const topic = await stage.topic(3);
  const group = stage.group();
  const delivered: InboundRecord[] = [];
  const sent = new Map<string, string[]>(keys.map((key) => [key, []]));
  const readers: Reader[] = [];
  const present: Reader[] = [];
  let rejections = 0;
  const join = async (): Promise<void> => {
    const reader = await stage.read({
      ...{ topics: [topic], group, transport: await stage.transport(), maxBatchRecords: 4 },
      before({ records }) {
        delivered.push(...records);
        if (rejections >= mostRejections || !random.chance(0.3)) return;
        rejections += 1;
        throw new Error('this batch is rejected');
      },
    });
    readers.push(reader);
    present.push(reader);
  };
  const send = async (): Promise<void> => {
    const records = Array.from({ length: 1 + random.integer(6) }, () => {
      const key = keys[random.integer(keys.length)] as string;
      const lane = sent.get(key) as string[];
      const value = `${key}/${lane.length}`;
      lane.push(value);
      return { topic, key, value };
    });
    await stage.send(records);
  };

  await join();
  for (let at = 0; at < actions; at += 1) {
    const action = random.integer(4);
    if (action === 0 && present.length < mostMembers) await join();
    else if (action === 1 && present.length > 1) await present.shift()?.close();
    else await send();
  }
  await send();
  await allHandled(readers, [...sent.values()].flat().length);
  for (const [key, values] of sent) {
    const handedOver = firstDeliveries(delivered.filter((record) => record.key === key));
    assert.deepEqual(handedOver, values, `seed ${seed}: the first deliveries of ${key}`);
  }
}

/** Whichever member handles the last one tells it. */
async function allHandled(readers: readonly Reader[], count: number): Promise<void> {
  const isDone = (): boolean => firstDeliveries(readers.flatMap(({ handled }) => handled)).length === count;
  await Promise.any(readers.map((reader) => reader.until(isDone, `${count} records in all members`)));
}
