import type { BatchContext, BatchHandler, RecordBatch, Transport } from '@backstitch/messaging';
import { TransportUnavailableError } from '@backstitch/messaging';
import type { World } from '../world.js';
import type { Port } from './port.js';

/** A process's connection to the broker: it dies with the process, and is thrown out of its groups where the process stands still. */
export function faultyTransport(
  { broker, sent }: Pick<World, 'broker' | 'sent'>,
  port: Port,
  onHandled: (batch: RecordBatch) => void,
): Transport {
  const { life, sightings } = port;
  const inner = broker.transport();
  let running = 0;
  life.onDeath(() => inner.crash());
  port.onFreeze(() => {
    if (running > 0) sightings.saw('a partition changed hands while its handler ran');
    inner.crash();
  });
  const handled =
    (handle: BatchHandler): BatchHandler =>
    async (batch: RecordBatch, context: BatchContext) => {
      await life.gate(`takes ${batch.records.length} of ${batch.topic}`);
      running += 1;
      try {
        const { signal } = context;
        await handle(batch, { signal, heartbeat: () => context.heartbeat() });
      } finally {
        running -= 1;
      }
      onHandled(batch);
      // Durable, and the broker does not know yet.
      await life.gate(`acknowledges ${batch.topic}`);
    };
  return {
    async send(records) {
      await life.gate(`sends ${records.length} to ${records[0]?.topic ?? ''}`);
      sent.push(...records);
      const results = await inner.send(records);
      await life.gate('hears of its sends');
      if (life.isFrozen()) throw new TransportUnavailableError('the answer never came');
      return results;
    },
    async subscribe(options) {
      await life.gate(`joins ${options.group}`);
      return inner.subscribe({ ...options, handle: handled(options.handle) });
    },
    async ensureTopics(topics) {
      await life.gate('makes topics');
      await inner.ensureTopics(topics);
    },
    close: () => inner.close(),
  };
}
