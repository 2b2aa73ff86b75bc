import { MessagingError, type Subscription, type Transport } from '@backstitch/messaging';
import { createAdminSession } from './admin-session.js';
import { createDelivery } from './deliver-entries.js';
import { ensureTopics } from './ensure-topics.js';
import { mendHeaderDecoding } from './mend-header-decoding.js';
import { openSubscription } from './open-subscription.js';
import { createProducerSession } from './producer-session.js';
import { createSendQueue } from './send-queue.js';
import { createTopicDirectory } from './topic-directory.js';
import { type KafkaTransportOptions, resolveOptions } from './transport-options.js';

/**
 * A `Transport` over the user's own kafkajs instance. Nothing connects before it is used.
 *
 * Throws `KAFKA_OPTION_INVALID` for an option out of bounds and `KAFKA_CLIENT_UNSUPPORTED` where the instance's header decoder could not
 * be replaced by a linear one. What is promised, and what may repeat, stands at `Transport`.
 */
export function kafkaTransport(options: KafkaTransportOptions): Transport {
  const settings = resolveOptions(options);
  const { kafka, logger, sendTimeoutMs, closeTimeoutMs } = settings;
  mendHeaderDecoding(kafka);
  const admin = createAdminSession({ kafka, logger, timeoutMs: sendTimeoutMs });
  const topics = createTopicDirectory(admin);
  const producer = createProducerSession({ kafka, logger, sendTimeoutMs });
  const queue = createSendQueue(createDelivery({ producer, topics, maxRecordBytes: settings.maxRecordBytes }));
  const subscriptions = new Set<Subscription>();
  const opening = new Set<Promise<Subscription>>();
  let closing: Promise<void> | undefined;

  const requireOpen = (): void => {
    if (closing === undefined) return;
    throw new MessagingError('TRANSPORT_CLOSED', 'the transport is closed', {
      hint: 'Close it last, after everything that uses it.',
    });
  };

  const close = async (): Promise<void> => {
    await Promise.allSettled(opening);
    // Handlers that still run may send: the producer goes when they have ended.
    await Promise.all([...subscriptions].map((subscription) => subscription.close()));
    await queue.close();
    await Promise.all([producer.close(closeTimeoutMs), admin.close(closeTimeoutMs)]);
  };

  return {
    send: (records) => queue.send(records),
    async subscribe(subscribeOptions) {
      requireOpen();
      const attempt = openSubscription(subscribeOptions, settings);
      opening.add(attempt);
      try {
        const subscription = await attempt;
        subscriptions.add(subscription);
        subscription.stopped.finally(() => subscriptions.delete(subscription)).catch(() => undefined);
        return subscription;
      } finally {
        opening.delete(attempt);
      }
    },
    async ensureTopics(specs) {
      requireOpen();
      await ensureTopics(specs, admin, topics);
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}
