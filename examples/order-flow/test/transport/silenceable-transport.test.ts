import { createInMemoryBroker } from '@backstitch/messaging/testing';
import { expect, it } from 'vitest';
import { silenceableTransport } from '../../src/transport/silenceable-transport.js';

async function stage() {
  const broker = createInMemoryBroker();
  const transport = silenceableTransport(broker.transport());
  const handled: (string | null)[] = [];
  await transport.ensureTopics([{ topic: 'orders', partitions: 1 }]);
  const subscription = await transport.subscribe({
    group: 'g',
    topics: ['orders'],
    handle: async ({ records }) => {
      handled.push(...records.map(({ value }) => value));
    },
  });
  return { broker, transport, handled, subscription };
}

it('handles nothing while it is silent, and all of it in order afterwards', async () => {
  const { broker, transport, handled } = await stage();
  transport.silence();
  for (const value of ['1', '2', '3']) await transport.send([{ topic: 'orders', key: 'k', value }]);
  // A turn of the event loop for each hand-over that could have happened.
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(handled).toEqual([]);
  transport.speak();
  await broker.idle();
  expect(handled).toEqual(['1', '2', '3']);
});

it('is as it was after it spoke, and may be silenced again', async () => {
  const { broker, transport, handled } = await stage();
  transport.silence();
  transport.silence();
  transport.speak();
  transport.speak();
  await transport.send([{ topic: 'orders', key: 'k', value: '1' }]);
  await broker.idle();
  expect(handled).toEqual(['1']);
});
