import type { InboundRecord } from '@backstitch/messaging';
import { createInMemoryBroker } from '@backstitch/messaging/testing';
import { expect, it } from 'vitest';
import { namespacedTransport } from '../../src/transport/namespaced-transport.js';

it('keeps two installations on one broker apart, and neither sees its prefix', async () => {
  const broker = createInMemoryBroker();
  const read = { a: [] as InboundRecord[], b: [] as InboundRecord[] };
  for (const name of ['a', 'b'] as const) {
    const transport = namespacedTransport(broker.transport(), `${name}.`);
    await transport.ensureTopics([{ topic: 'orders' }]);
    await transport.subscribe({
      group: 'g',
      topics: ['orders'],
      handle: async ({ topic, records }) => {
        expect(topic).toBe('orders');
        read[name].push(...records);
      },
    });
    await transport.send([{ topic: 'orders', key: 'k', value: name }]);
  }
  await broker.idle();
  expect(read.a.map(({ topic, value }) => [topic, value])).toEqual([['orders', 'a']]);
  expect(read.b.map(({ topic, value }) => [topic, value])).toEqual([['orders', 'b']]);
  expect([...broker.topics().keys()].sort()).toEqual(['a.orders', 'b.orders']);
});

it('is the transport itself where there is no prefix', () => {
  const transport = createInMemoryBroker().transport();
  expect(namespacedTransport(transport, '')).toBe(transport);
});
