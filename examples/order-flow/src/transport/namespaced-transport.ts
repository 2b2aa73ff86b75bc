import type { InboundRecord, Transport } from '@backstitch/messaging';

/**
 * Puts a prefix before every topic and group, so that several installations share one broker without seeing one another. Code above it
 * knows nothing of the prefix.
 */
export function namespacedTransport(transport: Transport, prefix: string): Transport {
  if (prefix === '') return transport;
  const named = (topic: string): string => `${prefix}${topic}`;
  const unnamed = <T extends { readonly topic: string }>(it: T): T => ({ ...it, topic: it.topic.slice(prefix.length) });
  return {
    send: (records) => transport.send(records.map((record) => ({ ...record, topic: named(record.topic) }))),
    subscribe: ({ group, topics, handle, ...rest }) =>
      transport.subscribe({
        ...rest,
        group: named(group),
        topics: topics.map(named),
        handle: (batch, context) =>
          handle(
            { ...unnamed(batch), records: batch.records.map((record: InboundRecord) => unnamed(record)) },
            context,
          ),
      }),
    ensureTopics: (topics) => transport.ensureTopics(topics.map((spec) => ({ ...spec, topic: named(spec.topic) }))),
    close: () => transport.close(),
  };
}
